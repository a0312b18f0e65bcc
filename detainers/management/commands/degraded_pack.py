"""Writes the pack for outages now."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from detainers.services.pack import write_pack


class Command(BaseCommand):
    help = (
        "Write the pack for outages: for each jail a PDF of who is held until when on what authority, and release sheets to fill "
        "by hand. The workers do the same every hour into the folder of DEGRADED_PACK_DIR. It contains names: the folder is "
        "readable for its owner alone, packs older than 24 hours are removed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", help="where to write it; default: DEGRADED_PACK_DIR")

    def handle(self, *, folder: str | None, **options: Any) -> None:
        wanted = folder or settings.DEGRADED_PACK_DIR
        if not wanted:
            raise CommandError("Name a folder with --folder, or set DEGRADED_PACK_DIR.")
        try:
            pack = write_pack(folder=Path(wanted), at=timezone.now())
        except OSError as error:
            raise CommandError(f"The pack could not be written to {wanted}: {error.strerror}.") from error
        self.stdout.write(f"{pack.people} people of {pack.facilities} jails: {pack.folder}")
