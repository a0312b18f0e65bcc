"""docs/synthesis.md, written from the tables that the command draws from."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from config.synthesis.places import STATES
from config.synthesis.plan import INSIDE_SHARE, MEASURED_INSIDE
from config.synthesis.stories import ENDED, FRESH, INSIDE, ON_HOLD, STORIES

PATH = Path("docs") / "synthesis.md"
WHERE = {
    ENDED: "Over",
    INSIDE: "In custody",
    FRESH: "In custody, just booked",
    ON_HOLD: "In custody, on hold",
}


def documentation() -> str:
    """The document as text."""
    lines = [
        "# Synthetic cases",
        "",
        "<!-- Written by `manage.py synthesise_cases --document`. Change `config/synthesis/`, not this file. -->",
        "",
        "`manage.py synthesise_cases N` fills an empty database, or one that holds only such cases, with N invented ones.",
        "Nobody in them exists; names come from lists of many origins, drawn without a look at what happens to the person.",
        "",
        "Some people are taken along the road by the services that take real ones. Every row that came of it is read back and",
        "written again with other people, places and moments: a synthetic case has the rows, columns and events of a real one.",
        "There are no images: a print file holds one tile of 8 by 8 points. Where the clock or the policy would say something",
        "else at the new moment, another moment is drawn.",
        "",
        "## What happens to people",
        "",
        "| stage | story | share of its stage | where | why it is there |",
        "|---|---|---|---|---|",
    ]
    for stage, words in WHERE.items():
        total = sum(story.share for story in STORIES if story.stage == stage)
        for story in (item for item in STORIES if item.stage == stage):
            where = "everywhere" if set(story.states) == set(STATES) else ", ".join(story.states)
            lines.append(f"| {words} | {story.name} | {story.share / total:.1%} | {where} | {story.why} |")
    inside = ", ".join(f"{share:.2%} {WHERE[stage].lower()}" for stage, share in INSIDE_SHARE.items())
    measured = sum(MEASURED_INSIDE.values())
    lines += [
        "",
        "Shares are within the stories that are possible in a state, so a state that forbids holds has no holds.",
        "",
        "## When and where",
        "",
        f"- Jails in {', '.join(STATES)}: one state where a hold is required, one where it needs an order, three that forbid it.",
        f"- Of all cases {inside}; the rest ended over the last years, more in later years and more in the evening.",
        f"- The first jail has {measured} people inside whatever N is, so that a page of people in custody can be compared.",
        "- Holds that run now end between twenty minutes and 47 hours after the load.",
        "",
        "## Safety",
        "",
        "Refused where any case was not synthesised. Indexes and foreign keys of the big tables come off for the load; how to",
        "put them back is a row in the schema `synthesis` until they are back: a killed run is mended by the next one, or by",
        "`--repair`. Checks and triggers stay on. Afterwards every constraint must be valid, every trigger on, forbidden writes",
        "refused, and 1,000 holds drawn at random must have the derivation that the clock gives today.",
        "",
    ]
    return "\n".join(lines)


def write_documentation() -> Path:
    """Write the file; where it is."""
    path = Path(settings.BASE_DIR) / PATH
    path.write_text(documentation(), encoding="utf-8")
    return path
