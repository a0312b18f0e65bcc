"""Every write of detainers: lock, who, whether, save and audit in one transaction.

`reassess` is the only code that opens or ends a hold or a breach; all others call it.
"""

from detainers.services.assess import Assessment, reassess
from detainers.services.breaches import close_breach
from detainers.services.conditions import (
    claim_status,
    decide_policy,
    record_condition,
    record_judicial_order,
    record_warrant,
)
from detainers.services.custody import record_ice_pickup
from detainers.services.papers import (
    DetainerForm,
    cancel_detainer,
    lift_detainer,
    register_detainer,
    serve_detainer,
)
from detainers.services.sweep import SweepOutcome, expire_due, watch_deadlines

__all__ = [
    "Assessment",
    "DetainerForm",
    "SweepOutcome",
    "cancel_detainer",
    "claim_status",
    "close_breach",
    "decide_policy",
    "expire_due",
    "lift_detainer",
    "reassess",
    "record_condition",
    "record_ice_pickup",
    "record_judicial_order",
    "record_warrant",
    "register_detainer",
    "serve_detainer",
    "watch_deadlines",
]
