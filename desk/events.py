"""Actions of the desk itself, with their sentences."""

INCIDENT_BEGAN = "desk.incident_began"
INCIDENT_ENDED = "desk.incident_ended"

SENTENCES = {
    INCIDENT_BEGAN: "The watchdog raised an alarm: {watched} is late by {seconds} s (allowed: {bound_seconds} s).",
    INCIDENT_ENDED: "The watchdog saw that {watched} works again; it was late from {began_at}.",
}
