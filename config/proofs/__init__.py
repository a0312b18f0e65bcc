"""Tries each forbidden write and says of each guard of the database whether it holds. What `manage.py prove` runs.

Everything happens in one transaction that is rolled back: rows are made by the real services, each write is tried in a
savepoint, and a guard counts as holding only when it refused the write itself, by its own name or words.
"""

from config.proofs.catalogue import catalogue
from config.proofs.proof import Outcome, Proof, attempt
from config.proofs.run import prove

__all__ = ["Outcome", "Proof", "attempt", "catalogue", "prove"]
