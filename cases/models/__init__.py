"""A person, one custody episode (case), and the facts that say on what local ground the person is held."""

from cases.assignments import Assignment, AssignmentOffer
from cases.corrections.models import Correction
from cases.identifiers import PersonIdentifier
from cases.models.case import Booking, Case, CaseCounter, SamePersonLink
from cases.models.conviction import Conviction
from cases.models.document import Document
from cases.models.facts import Charge, CustodyEvent, LocalGround
from cases.models.person import Person
from cases.models.protection import Protection
from cases.moves import MovedCase, PeopleApart, PersonMove
from cases.names import PersonElsewhere, SurnameWord
from cases.notes import CaseNote

__all__ = [
    "Assignment",
    "AssignmentOffer",
    "Booking",
    "Case",
    "CaseCounter",
    "CaseNote",
    "Charge",
    "Conviction",
    "Correction",
    "CustodyEvent",
    "Document",
    "LocalGround",
    "MovedCase",
    "PeopleApart",
    "Person",
    "PersonElsewhere",
    "PersonIdentifier",
    "PersonMove",
    "Protection",
    "SamePersonLink",
    "SurnameWord",
]
