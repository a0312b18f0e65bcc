"""Where on its way a case is, as people ask for it: a coarse word for each situation. Rules only. Pure."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.situations import Kind, Situation


class Stage(StrEnum):
    """What the board can be narrowed to."""

    OVER = "over"
    HOLD = "hold"
    RELEASE = "release"
    DETAINER = "detainer"
    CHECK = "check"
    EXPLAIN = "explain"
    DUTY = "duty"
    QUIET = "quiet"


NAMES: dict[Stage, Any] = {
    Stage.OVER: _("Held without authority"),
    Stage.HOLD: _("On hold for a detainer"),
    Stage.RELEASE: _("To be released"),
    Stage.DETAINER: _("Detainer to serve"),
    Stage.CHECK: _("Fingerprint checks"),
    Stage.EXPLAIN: _("Breach to explain"),
    Stage.DUTY: _("Other duties"),
    Stage.QUIET: _("Nothing to do"),
}
_OF: dict[str, Stage] = {
    Kind.BREACH.name: Stage.OVER,
    Kind.HOLD_ENDING.name: Stage.HOLD,
    Kind.RELEASE_NOW.name: Stage.RELEASE,
    Kind.UNSERVED.name: Stage.DETAINER,
    Kind.IAR_TO_CODE.name: Stage.CHECK,
    Kind.CANDIDATE.name: Stage.CHECK,
    Kind.REJECTED.name: Stage.CHECK,
    Kind.NOT_SENT.name: Stage.CHECK,
    Kind.NOT_SEARCHED.name: Stage.CHECK,
    Kind.HELD_BACK.name: Stage.CHECK,
    Kind.BREACH_TO_CLOSE.name: Stage.EXPLAIN,
    Kind.WAITING.name: Stage.CHECK,
    Kind.QUIET.name: Stage.QUIET,
}


def stage_of(situation: Situation) -> Stage:
    """The stage of a situation; one without a stage of its own is a duty like others."""
    return _OF.get(situation.kind.name, Stage.DUTY)
