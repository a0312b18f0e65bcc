"""What must be right before anything starts: a set-up that would fail at the first booking fails here, with a sentence."""

from typing import Any

from django.core.checks import CheckMessage, Error

from matching import conf
from matching.policy_rows import PolicyFileWrong, load_policies


def check_policy_file(**_: Any) -> list[CheckMessage]:
    """The submission policies can be read."""
    try:
        load_policies(conf.policy_file())
    except PolicyFileWrong as error:
        return [Error(str(error), id="matching.E001")]
    return []
