"""One round of the demo: when it began, and how to begin a new one."""

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections
from django.utils import timezone


def data_dir() -> Path:
    return Path(settings.BASE_DIR) / ".data"


def epoch() -> datetime:
    """When this round began; every sample's times are counted from it, so that a second run finds the same bookings."""
    path = data_dir() / "demo-round.json"
    if path.exists():
        return datetime.fromisoformat(json.loads(path.read_text())["began_at"])
    began = timezone.now().replace(microsecond=0)
    path.write_text(json.dumps({"began_at": began.isoformat()}))
    return began


def begin_again() -> None:
    """Empty the demo: database, broker queues, the simulator's spool. Only ever on the embedded services of this checkout."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_OWNER") or settings.PRODUCTION:
        raise CommandError(
            "--fresh empties the database, so it works on the embedded demo services only. Unset DATABASE_URL to use them."
        )
    connections.close_all()
    environment = {**os.environ, "CLEARHOLD_ROLE": "owner"}
    for arguments in (["empty_demo"], ["migrate", "--verbosity", "0"]):
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=settings.BASE_DIR, env=environment, check=True
        )
    (data_dir() / "demo-round.json").unlink(missing_ok=True)
    (data_dir() / "beat-schedule").unlink(missing_ok=True)
    shutil.rmtree(spool(), ignore_errors=True)


def spool() -> Path:
    """Where the bureau simulator keeps what it accepted and has not delivered."""
    return data_dir() / "bureau-spool"
