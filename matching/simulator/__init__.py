"""A state bureau with the FBI and DHS behind it, as a process of its own. Knows nothing of Django.

It answers by prints alone: no name, number or date of a submitted file has any influence on a result.
"""
