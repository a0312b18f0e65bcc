"""The database roles, and what each is for. Imports nothing, so that the embedded services can use it before Django is there."""

OWNER = "clearhold_owner"
WEB = "clearhold_web"
WORKER = "clearhold_worker"
CLOCK = "clearhold_clock"
OVERSIGHT = "clearhold_oversight"
PUBLIC = "clearhold_public"
STATISTICS = "clearhold_statistics"

SENTENCES: dict[str, str] = {
    OWNER: "Owns the tables and migrates; no process that serves or works connects as it.",
    WEB: "Serves the desk and the API: reads and writes the rows of the acting person's agencies, rewrites no history.",
    WORKER: "Carries deliveries, transmissions and searches: reads and writes the rows of every agency, manages no accounts.",
    CLOCK: "Sweeps holds, breaches and alarms and seals history: touches no print, no person and no account.",
    OVERSIGHT: "Serves the oversight site: reads cases through views without names, and writes notes.",
    PUBLIC: "Will serve published figures; until there are any it may read nothing.",
    STATISTICS: "Counts cases through the views without names; it reads no table and writes nothing.",
}

NAMES: dict[str, str] = {role.removeprefix("clearhold_"): role for role in SENTENCES}
"""Short name, as in CLEARHOLD_ROLE, to the role in PostgreSQL."""
