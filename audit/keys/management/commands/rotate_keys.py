"""`manage.py rotate_keys`: wrap all data keys under another key-encryption key. Safe to kill and to run again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from audit.keys import services
from audit.keys.conf import provider
from audit.keys.errors import KeysError
from audit.keys.providers import FileProvider


class Command(BaseCommand):
    help = (
        "Wrap every data key under another key-encryption key. New records use it from the first moment; sealed bytes are "
        "not touched. Resumable: run it again after an interruption. Without --to the current key is used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="KEY_ID", help="the key that is to wrap everything")
        parser.add_argument("--new", action="store_true", help="make a new key file first and use it")
        parser.add_argument(
            "--batch", type=int, default=services.BATCH, help="keys per commit (default %(default)s)"
        )

    def handle(self, *, to: str | None, new: bool, batch: int, **options: Any) -> None:
        if batch < 1:
            raise CommandError("--batch must be 1 or more.")
        console = Console(stderr=False, highlight=False, soft_wrap=True)
        try:
            kek_id = self._target(to, new)
            services.choose(kek_id)
            console.print(f"Wrapping all data keys under '{kek_id}'.")
            with Progress(console=console) as progress:
                task = progress.add_task("data keys", total=services.left(kek_id))
                done = services.rotate(kek_id, moved=lambda count: progress.advance(task, count), batch=batch)
            rest = services.left(kek_id)
        except KeysError as error:
            raise CommandError(error.message) from error
        console.print(f"{done} data keys moved to '{kek_id}'.")
        if rest:
            raise CommandError(f"{rest} data keys were added under another key meanwhile. Run this again.")
        console.print(
            "No data key needs an older key-encryption key any more. Keep older keys with the backups "
            "of the database that were made before now: those backups still need them."
        )

    def _target(self, to: str | None, new: bool) -> str:
        keys = provider()
        if not new:
            return to or keys.current_id()
        if to or not isinstance(keys, FileProvider):
            raise CommandError(
                "--new makes a key file: use it alone, and only with CLEARHOLD_KEY_PROVIDER=file."
            )
        return keys.make()
