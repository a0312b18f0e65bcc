"""What overseers do, as actions with a sentence each."""

REVIEW_GRANTED = "oversight.review_granted"
REVIEW_ENDED = "oversight.review_ended"
NOTE_WRITTEN = "oversight.note_written"

SENTENCES = {
    REVIEW_GRANTED: "{actor} let an oversight body read this jail's cases without names, from {starts_at}.",
    REVIEW_ENDED: "{actor} ended an oversight body's reading of this jail's cases on {ends_at}.",
    NOTE_WRITTEN: "{actor} wrote a review note.",
}
