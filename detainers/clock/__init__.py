"""The hold clock. Pure: no database, no settings, no reading of the time."""

from detainers.clock.compute import compute
from detainers.clock.counting import DayReason, ExcludedDay, federal_holidays
from detainers.clock.facts import (
    Anchor,
    ClockInput,
    ClockInputError,
    Counting,
    Document,
    FormRule,
    PolicyLimits,
    Reason,
    Rule,
    Source,
    Status,
)
from detainers.clock.result import (
    ClockResult,
    Derivation,
    LimitConsidered,
    Violation,
    derivation_from_json,
    iso_duration,
)
from detainers.clock.sentences import derivation_sentences, result_sentences, violation_sentence

__all__ = [
    "Anchor",
    "ClockInput",
    "ClockInputError",
    "ClockResult",
    "Counting",
    "DayReason",
    "Derivation",
    "Document",
    "ExcludedDay",
    "FormRule",
    "LimitConsidered",
    "PolicyLimits",
    "Reason",
    "Rule",
    "Source",
    "Status",
    "Violation",
    "compute",
    "derivation_from_json",
    "derivation_sentences",
    "federal_holidays",
    "iso_duration",
    "result_sentences",
    "violation_sentence",
]
