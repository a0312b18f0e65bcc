"""Every write of cases. Each service locks, checks who, checks whether, saves and audits in one transaction."""

from cases.services.assignments import (
    answer_offer,
    assign_case,
    claim_case,
    give_back_case,
    offer_case,
    withdraw_offer,
)
from cases.services.book import BookingResult, book
from cases.services.convictions import record_conviction
from cases.services.corrections import (
    Wish,
    approve_correction,
    preview_correction,
    refuse_correction,
    request_correction,
    withdraw_correction,
)
from cases.services.custody import (
    add_ground,
    end_ground,
    record_death,
    record_escape,
    record_recapture,
    release,
    transfer,
)
from cases.services.documents import (
    Received,
    content_of,
    keep_refused,
    quarantine_document,
    received_entry,
    store_document,
    store_received,
)
from cases.services.links import link_same_person
from cases.services.notes import write_note
from cases.services.persons import keep_apart, merge_persons, split_person, undo_merge
from cases.services.units import move_to_unit

__all__ = [
    "BookingResult",
    "Received",
    "Wish",
    "add_ground",
    "answer_offer",
    "approve_correction",
    "assign_case",
    "book",
    "claim_case",
    "content_of",
    "end_ground",
    "give_back_case",
    "keep_apart",
    "keep_refused",
    "link_same_person",
    "merge_persons",
    "move_to_unit",
    "offer_case",
    "preview_correction",
    "quarantine_document",
    "received_entry",
    "record_conviction",
    "record_death",
    "record_escape",
    "record_recapture",
    "refuse_correction",
    "release",
    "request_correction",
    "split_person",
    "store_document",
    "store_received",
    "transfer",
    "undo_merge",
    "withdraw_correction",
    "withdraw_offer",
    "write_note",
]
