"""What happens with detainers and holds, a sentence each. Facts are ids, codes and instants."""

REGISTERED = "detainers.registered"
DEFICIENT = "detainers.deficient"
SERVED = "detainers.served"
SERVED_UNREVIEWED = "detainers.served_unreviewed"
LIFTED = "detainers.lifted"
CANCELLED = "detainers.cancelled"
AMENDED = "detainers.amended"
WARRANT_RECORDED = "detainers.warrant_recorded"
CONDITION_RECORDED = "detainers.condition_recorded"
STATUS_CLAIMED = "detainers.status_claimed"
CHECK_OPENED = "detainers.status_check_opened"
CHECK_DONE = "detainers.status_check_done"
DUTY_OPENED = "detainers.duty_opened"
DUTY_SETTLED = "detainers.duty_settled"
DUTY_REFUSED = "detainers.duty_refused"
DUTY_LAPSED = "detainers.duty_lapsed"
DUTY_REOPENED = "detainers.duty_reopened"
DUTY_OVERDUE = "detainers.duty_overdue"
ICE_TOLD = "detainers.ice_told"
POLICY_DECIDED = "detainers.policy_decided"
HOLD_STARTED = "detainers.hold_started"
DEADLINE_SHORTENED = "detainers.deadline_shortened"
HOLD_ENDED = "detainers.hold_ended"
HOLD_REVISED = "detainers.hold_revised"
BREACH_OPENED = "detainers.breach_opened"
BREACH_ENDED = "detainers.breach_ended"
BREACH_CLOSED = "detainers.breach_closed"
LIST_COMPARED = "detainers.list_compared"
DIFFERENCE_TAKEN = "detainers.difference_taken"
DIFFERENCE_DECIDED = "detainers.difference_decided"
POLICY_LOADED = "detainers.policy_loaded"
POLICY_DRAFTED = "detainers.policy_drafted"
POLICY_EDITED = "detainers.policy_edited"
POLICY_SENT = "detainers.policy_sent"
POLICY_APPROVED = "detainers.policy_approved"
POLICY_SENT_BACK = "detainers.policy_sent_back"
POLICY_REOPENED = "detainers.policy_reopened"
POLICY_DISCARDED = "detainers.policy_discarded"
POLICY_ENACTED = "detainers.policy_enacted"
POLICY_ENDED = "detainers.policy_ended"
PLACE_ASSESSED = "detainers.place_assessed"
CLOCK_WENT_BACK = "detainers.clock_went_back"
TRANSLATION_APPROVED = "detainers.translation_approved"
TRANSLATION_WITHDRAWN = "detainers.translation_withdrawn"
DOCUMENT_FILED = "detainers.document_filed"

SENTENCES = {
    LIST_COMPARED: "{actor} compared a federal list with the register: {matched} agree, {differences} differences.",
    DIFFERENCE_TAKEN: "{actor} looks into a difference with a federal list ({kind}).",
    DIFFERENCE_DECIDED: "{actor} decided a difference with a federal list ({kind}): {words}. {reason}",
    REGISTERED: "{actor} registered a detainer ({edition}), received {received_at} by {channel}.",
    DEFICIENT: "The detainer ({edition}) is deficient on its face: {why} It gives no ground to hold.",
    SERVED: "{actor} served a copy of the detainer on {served_at} ({method}, language {language}).",
    SERVED_UNREVIEWED: "{actor} gave the person a copy of the detainer on {served_at} with a notice in the language "
    "{notice}, whose text nobody has reviewed. It does not count as service.",
    LIFTED: "{actor} recorded that the detainer was lifted on {lifted_at}. {why}. {reason}",
    CANCELLED: "{actor} recorded that a later form ended the detainer on {cancelled_at}. {reason}",
    AMENDED: "{actor} registered a new version of a detainer ({edition}), received {received_at}. It lengthens no hold.",
    WARRANT_RECORDED: "{actor} recorded a warrant: {kind}, signed by {signed_by} on {signed_at}.",
    CONDITION_RECORDED: "{actor} recorded that a condition of the law is met: {condition}.",
    STATUS_CLAIMED: "{actor} recorded a claim of {claim} ({how}).",
    CHECK_OPENED: "A check of the claim is owed by {due_at} ({policy}). The deadline of any hold stays as it is.",
    CHECK_DONE: "{actor} checked the claim on {done_at}: {outcome}.",
    DUTY_OPENED: "A duty of staff: {what} ({policy}).",
    DUTY_SETTLED: "Duty done on {done_at}: {what}.",
    DUTY_REFUSED: "{actor} recorded that the person refused on {done_at}: {what}. Witnessed.",
    DUTY_LAPSED: "Duty no longer owed: {what}. {why}",
    DUTY_REOPENED: "Duty owed again: {what}.",
    DUTY_OVERDUE: "Duty not done in time; it was due on {due_at}: {what}.",
    ICE_TOLD: "{actor} told ICE on {told_at}: {what} ({method}; {policy}: {said}).",
    POLICY_DECIDED: "Policy {policy}: {verdict_text} ({citation})",
    HOLD_STARTED: "A hold began on {started_at}. It ends on {deadline_at} at the latest ({rule}).",
    DEADLINE_SHORTENED: "The end of the hold moved earlier, from {before_at} to {deadline_at}.",
    HOLD_ENDED: "The hold ended on {ended_at}: {how}.",
    HOLD_REVISED: "By the facts as corrected the hold ended on {ended_at}, not on {before_at}.",
    BREACH_OPENED: "Authority to hold ended on {from_at} and the person was still in custody.",
    BREACH_ENDED: "Custody without authority, from {from_at} to {until_at}, is over after {minutes} minutes.",
    CLOCK_WENT_BACK: "The clock of the database went back {seconds} s, from {before_at} to {after_at}. No hold was "
    "extended by it. Find out why, and check what was entered since.",
    POLICY_LOADED: "{actor} loaded the row {policy} ({citation}) from a file: {stage}.",
    POLICY_DRAFTED: "{actor} drafted the row {policy} ({citation}).",
    POLICY_EDITED: "{actor} edited the draft of the row {policy} ({citation}).",
    POLICY_SENT: "{actor} sent the row {policy} ({citation}) to counsel.",
    POLICY_APPROVED: "{actor} reviewed the row {policy} ({citation}) as counsel and approved it. {reason}",
    POLICY_SENT_BACK: "{actor} reviewed the row {policy} ({citation}) as counsel and sent it back. {reason}",
    POLICY_REOPENED: "{actor} opened the reviewed row {policy} again; it needs another review.",
    POLICY_DISCARDED: "{actor} gave up the draft of the row {policy}.",
    POLICY_ENACTED: "{actor} put the row {policy} ({citation}) in force from {starts_on}. {reason}",
    POLICY_ENDED: "{actor} recorded that the row {policy} ({citation}) applies until {ends_on}. {reason}",
    PLACE_ASSESSED: "The rows of law in force here changed: {count} people with an open detainer were assessed again.",
    BREACH_CLOSED: "{actor} closed the breach with its cause and remedy.",
    TRANSLATION_APPROVED: "{actor} reviewed the notice in the language {language} (text {version}) and approved it.",
    TRANSLATION_WITHDRAWN: "{actor} withdrew the approval of the notice in the language {language} (text {version}). "
    "{reason}",
    DOCUMENT_FILED: "{actor} produced and filed a document: {what}.",
}
