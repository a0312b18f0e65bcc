"""Rows of the same few fields inside one form: as many as were typed, at least a few to type into. Works without script."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from desk.acts.fields import ActForm, Row

MOST_ROWS = 40


class RowSet:
    """The rows `prefix-0-...`, `prefix-1-...` of a form. A row in which nothing was typed does not count."""

    def __init__(
        self,
        form_class: type[ActForm],
        prefix: str,
        data: Mapping[str, Any] | None,
        *,
        at_least: int,
        more: int = 0,
        **kwargs: Any,
    ) -> None:
        self.prefix = prefix
        self.sentence = ""
        typed = _numbers(prefix, data)
        count = min(max(at_least, (max(typed) + 1 if typed else 0) + more), MOST_ROWS)
        self.forms = [
            form_class(
                data if number in typed else None,
                prefix=f"{prefix}-{number}",
                empty_permitted=True,
                use_required_attribute=False,
                **kwargs,
            )
            for number in range(count)
        ]

    def __iter__(self) -> Iterator[list[Row]]:
        return iter([[form.row(name) for name in form.fields] for form in self.forms])

    @property
    def filled(self) -> list[ActForm]:
        """Rows in which something was typed, in order: what a service's row number counts."""
        return [form for form in self.forms if form.is_bound and form.has_changed()]

    def is_valid(self) -> bool:
        verdicts = [form.is_valid() for form in self.filled]  # every row, so that all are told at once
        return all(verdicts)

    def problems(self) -> list[tuple[str, Any, str]]:
        own = (
            [(f"id_{self.prefix}-0-{next(iter(self.forms[0].fields))}", "", self.sentence)]
            if self.sentence
            else []
        )
        return own + [item for form in self.forms if form.is_bound for item in form.problems()]


def _numbers(prefix: str, data: Mapping[str, Any] | None) -> set[int]:
    pattern = re.compile(rf"{prefix}-(\d{{1,2}})-\w+$")
    found = (pattern.match(key) for key in data or {})
    return {number for match in found if match and (number := int(match[1])) < MOST_ROWS}
