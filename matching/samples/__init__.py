"""Invented people with invented fingerprints: what the demonstration, the simulator and the tests run on.

Nothing here comes from a real person. No part of it knows Django.
"""
