"""Actions of the desk itself, with their sentences."""

INCIDENT_BEGAN = "desk.incident_began"
INCIDENT_ENDED = "desk.incident_ended"
HANDOVER_WRITTEN = "desk.handover_written"
HANDOVER_READ = "desk.handover_read"

SENTENCES = {
    HANDOVER_WRITTEN: "{actor} wrote a handover note; {people} people had something open.",
    HANDOVER_READ: "{actor} read a handover note.",
    INCIDENT_BEGAN: "The watchdog raised an alarm: {watched} is late by {seconds} s (allowed: {bound_seconds} s).",
    INCIDENT_ENDED: "The watchdog saw that {watched} works again; it was late from {began_at}.",
}
