"""The one search: people by name however it is spelt, and cases by any number, within the agencies of whoever asks."""

from cases.search.look import MOST, Found, find
from cases.search.why import RANK, Why, words

__all__ = ["MOST", "RANK", "Found", "Why", "find", "words"]
