"""Every write of detainers: lock, who, whether, save and audit in one transaction.

`reassess` is the only code that opens or ends a hold or a breach; all others call it.
"""

from detainers.policy_book import federal_accounts_allowed, rulebook_in_force
from detainers.services.amendments import amend_detainer
from detainers.services.assess import Assessment, reassess
from detainers.services.breaches import close_breach
from detainers.services.claims import finish_check
from detainers.services.conditions import (
    claim_status,
    decide_policy,
    record_condition,
    record_judicial_order,
    record_warrant,
)
from detainers.services.custody import record_ice_pickup
from detainers.services.duties import duty_blocks, open_duties
from detainers.services.duty_outcomes import record_duty
from detainers.services.duty_sweep import say_overdue_duties
from detainers.services.filing import file_document
from detainers.services.lists import compare_list, decide_difference, keep_list, take_difference
from detainers.services.papers import (
    DetainerForm,
    FormDetails,
    RegisteredBefore,
    form_deficiencies,
    register_detainer,
)
from detainers.services.policy_life import (
    discard_policy,
    draft_policy,
    edit_draft,
    enact_policy,
    end_policy,
    reopen_policy,
    review_policy,
    send_to_counsel,
    today_at,
)
from detainers.services.policy_load import load_policies
from detainers.services.policy_watch import assess_places
from detainers.services.records import details_of, opened_details, same_paper, stored_form
from detainers.services.serving import serve_detainer
from detainers.services.sweep import SweepOutcome, expire_due, watch_deadlines
from detainers.services.telling import tell_ice
from detainers.services.translations import approve_translation, withdraw_approval
from detainers.services.withdrawals import cancel_detainer, lift_detainer

__all__ = [
    "Assessment",
    "DetainerForm",
    "FormDetails",
    "RegisteredBefore",
    "SweepOutcome",
    "amend_detainer",
    "approve_translation",
    "assess_places",
    "cancel_detainer",
    "claim_status",
    "close_breach",
    "compare_list",
    "decide_difference",
    "decide_policy",
    "details_of",
    "discard_policy",
    "draft_policy",
    "duty_blocks",
    "edit_draft",
    "enact_policy",
    "end_policy",
    "expire_due",
    "federal_accounts_allowed",
    "file_document",
    "finish_check",
    "form_deficiencies",
    "keep_list",
    "lift_detainer",
    "load_policies",
    "open_duties",
    "opened_details",
    "reassess",
    "record_condition",
    "record_duty",
    "record_ice_pickup",
    "record_judicial_order",
    "record_warrant",
    "register_detainer",
    "reopen_policy",
    "review_policy",
    "rulebook_in_force",
    "same_paper",
    "say_overdue_duties",
    "send_to_counsel",
    "serve_detainer",
    "stored_form",
    "take_difference",
    "tell_ice",
    "today_at",
    "watch_deadlines",
    "withdraw_approval",
]
