"""Lists of what spans apps: cases with what they need next, and the audit trail, which itself knows nobody above it."""

from desk.admin.cases import CaseAdmin
from desk.admin.trail import AccessAdmin, EventAdmin

__all__ = ["AccessAdmin", "CaseAdmin", "EventAdmin"]
