"""Our own fingerprint engine: extraction, quality, matching and a small gallery. Knows nothing of Django.

An engine ranks candidates and never decides anything: a hit is a lead that people confirm or reject.
"""
