"""Detainers and what hangs on them, holds and breaches, and the view of authority."""

from detainers.models.authority import CaseAuthority, SweepHeartbeat
from detainers.models.claim import StatusCheck
from detainers.models.documents import ProducedDocument, TranslationReview
from detainers.models.duty import Duty, DutyOutcome, IceDisclosure
from detainers.models.form import FormRecord
from detainers.models.hold import Breach, Hold
from detainers.models.level import CriminalLevel
from detainers.models.lists import Difference, FederalList
from detainers.models.paper import (
    ConditionFinding,
    Detainer,
    PolicyDecision,
    StatusClaim,
    Warrant,
)
from detainers.models.policy import PlaceAssessed, Policy
from detainers.models.service import DetainerService

__all__ = [
    "Breach",
    "CaseAuthority",
    "ConditionFinding",
    "CriminalLevel",
    "Detainer",
    "DetainerService",
    "Difference",
    "Duty",
    "DutyOutcome",
    "FederalList",
    "FormRecord",
    "Hold",
    "IceDisclosure",
    "PlaceAssessed",
    "Policy",
    "PolicyDecision",
    "ProducedDocument",
    "StatusCheck",
    "StatusClaim",
    "SweepHeartbeat",
    "TranslationReview",
    "Warrant",
]
