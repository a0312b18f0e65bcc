"""Tables of the jail's door. What happened and what is true live in the domain apps; here is only what a form needs."""

from desk.acts.models import SentForm

__all__ = ["SentForm"]
