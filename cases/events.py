"""What happens in a case, as actions with a sentence each."""

BOOKED = "cases.booked"
PRINTS_ADDED = "cases.prints_added"
CHARGE_ADDED = "cases.charge_added"
CHARGE_REWORDED = "cases.charge_reworded"
GROUND_ADDED = "cases.ground_added"
GROUND_ENDED = "cases.ground_ended"
RELEASE_ELIGIBLE = "cases.release_eligible"
RELEASED = "cases.released"
TRANSFERRED = "cases.transferred"
DIED = "cases.died"
ESCAPED = "cases.escaped"
RECAPTURED = "cases.recaptured"
MOVED = "cases.moved"
NOTE_WRITTEN = "cases.note_written"
OWNER_NAMED = "cases.owner_named"
OWNER_GONE = "cases.owner_gone"
TRANSFER_OFFERED = "cases.work_offered"
TRANSFER_ANSWERED = "cases.work_answered"
SAME_PERSON_LINKED = "cases.same_person_linked"
PERSONS_MERGED = "cases.persons_merged"
MERGE_UNDONE = "cases.merge_undone"
PERSON_SPLIT = "cases.person_split"
PEOPLE_APART = "cases.people_apart"
CORRECTION_REQUESTED = "cases.correction_requested"
CORRECTED = "cases.corrected"
CORRECTION_REFUSED = "cases.correction_refused"
CORRECTION_WITHDRAWN = "cases.correction_withdrawn"
DOCUMENT_RECEIVED = "cases.document_received"
DOCUMENT_QUARANTINED = "cases.document_quarantined"
CONVICTION_RECORDED = "cases.conviction_recorded"
PROTECTION_SET = "cases.record_added"
PROTECTION_ENDED = "cases.record_ended"
IDENTIFIER_RECORDED = "cases.identifier_recorded"

SENTENCES = {
    BOOKED: "{actor} booked the person, {charges_text}, {prints}.",
    PRINTS_ADDED: "{actor} added prints to the booking.",
    CHARGE_ADDED: "{actor} added a charge (NCIC {offence_code}).",
    CHARGE_REWORDED: "{actor} sent other words for a charge (NCIC {offence_code}).",
    GROUND_ADDED: "{actor} recorded a local ground to hold: {ground}.",
    GROUND_ENDED: "{actor} ended the local ground '{ground}': {reason}.",
    RELEASE_ELIGIBLE: "The last local ground ended. The person is to be released unless another authority holds.",
    RELEASED: "{actor} released the person ({to}). {reason}",
    TRANSFERRED: "{actor} recorded a transfer to another agency. {reason}",
    DIED: "{actor} recorded the person's death in custody. {reason}",
    ESCAPED: "{actor} recorded an escape. {reason}",
    RECAPTURED: "{actor} recorded that the person is back in custody. {reason}",
    MOVED: "{actor} recorded a move from {from_unit} to {unit}. {reason}",
    NOTE_WRITTEN: "{actor} wrote a note.",
    OWNER_NAMED: "{actor} {words}. {reason}",
    OWNER_GONE: "{actor} gave the case back: nobody owns it now. {reason}",
    TRANSFER_OFFERED: "{actor} offered the case to a colleague. {reason}",
    TRANSFER_ANSWERED: "{actor} {words}. {reason}",
    SAME_PERSON_LINKED: "{actor} linked this case to case {other_number}: same person by prints.",
    PERSONS_MERGED: "{actor} found two records of people to be one person and merged them: {what} {reason}",
    MERGE_UNDONE: "{actor} undid the merging of two records of people: {what} {reason}",
    PERSON_SPLIT: "{actor} found that a record of a person held cases of two people: {what} {reason}",
    PEOPLE_APART: "{actor} found that two records are not of one person. {reason}",
    CONVICTION_RECORDED: "{actor} recorded a conviction from a record.",
    PROTECTION_SET: "{actor} added a record that is kept apart.",
    PROTECTION_ENDED: "{actor} ended a record that is kept apart.",
    IDENTIFIER_RECORDED: "{actor} recorded an identifying number: {words}.",
    CORRECTION_REQUESTED: "{actor} asked for a correction of {what}: {words} ({reason}). {moved}",
    CORRECTED: "A correction took effect, by {actor}. {what}: {words} ({reason}). {moved}",
    CORRECTION_REFUSED: "{actor} refused the correction of {what}: {words}. Nothing was changed.",
    CORRECTION_WITHDRAWN: "{actor} took back the wish to correct {what}: {words}. Nothing was changed.",
    DOCUMENT_RECEIVED: "{actor} received a document ({kind}, {channel}).",
    DOCUMENT_QUARANTINED: "{actor} put a document in quarantine: {reason}",
}
