"""Draws docs/states/*.md from the transition tables; --check says whether they are up to date."""

from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.diagrams import TABLES, draw


class Command(BaseCommand):
    help = "Draw the state diagrams in docs/states from the transition tables in each app's states.py."
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit 1 when a diagram is out of date"
        )

    def handle(self, *, check: bool, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs" / "states"
        stale = []
        for name, table in TABLES.items():
            path = folder / f"{name}.md"
            text = draw(table.title, getattr(import_module(table.module), table.moves), table.initial)
            if path.exists() and path.read_text() == text:
                continue
            stale.append(path.name)
            if not check:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        if check and stale:
            raise CommandError(
                f"Out of date: {', '.join(stale)}. Run `./manage.py state_diagrams` and commit the result."
            )
        self.stdout.write(
            f"{len(TABLES)} state diagrams are up to date." if not stale else f"Drew {', '.join(stale)}."
        )
