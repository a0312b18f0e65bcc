"""Tables of the jail's door: what a form needs, and what was late. What happened and what is true live in the domain apps."""

from desk.acts.models import SentForm
from desk.handovers import HandoverNote, HandoverReading
from desk.saved import SavedFilter
from desk.watchdog.models import Incident

__all__ = ["HandoverNote", "HandoverReading", "Incident", "SavedFilter", "SentForm"]
