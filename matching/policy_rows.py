"""The submission policies as dated rows, read from their file and checked once."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from matching.policies import PolicyRow

SCHEMA = "submission-policies/1"


class PolicyFileWrong(ValueError):
    """The file of submission policies cannot be used; start-up stops with the sentence."""


@lru_cache(maxsize=4)
def load_policies(path: Path) -> tuple[PolicyRow, ...]:
    """Every row of the file. Raises PolicyFileWrong with what to mend."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise PolicyFileWrong(
            f"{path} cannot be read as YAML. Set MATCHING_POLICY_FILE to a readable file."
        ) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise PolicyFileWrong(f"{path} is not of the form {SCHEMA}.")
    rows = tuple(_row(path, entry) for entry in content.get("policies", []))
    codes = [row.code for row in rows]
    if len(set(codes)) != len(codes):
        raise PolicyFileWrong(f"{path} names a policy code twice.")
    return rows


def _row(path: Path, entry: dict[str, Any]) -> PolicyRow:
    try:
        row = PolicyRow(
            code=str(entry["code"]),
            place=str(entry["place"]),
            effective_from=entry["effective_from"],
            effective_to=entry.get("effective_to"),
            adult_age=entry.get("adult_age"),
            forbidden_ndr=frozenset(str(code) for code in entry.get("forbidden_ndr", [])),
            citation=str(entry["citation"]),
            confidence=str(entry["confidence"]),
        )
    except (KeyError, TypeError) as error:
        raise PolicyFileWrong(f"{path}: a policy lacks {error}.") from error
    if not isinstance(row.effective_from, date):
        raise PolicyFileWrong(f"{path}: {row.code} needs effective_from as a date, such as 2014-01-01.")
    return row
