"""Tables of the jail's door. What happened and what is true live in the domain apps; here is what a form needs, and what was late."""

from desk.acts.models import SentForm
from desk.watchdog.models import Incident

__all__ = ["Incident", "SentForm"]
