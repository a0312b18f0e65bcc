"""Roots go out: as a file in a folder and as mail, each by a delivery row, so that a failure is tried again and seen."""

import json
import os
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage

from audit import bus
from audit.events import ROOT_SIGNED
from audit.ledger import roots
from audit.ledger.errors import LedgerDamaged
from audit.models import Event, LedgerRoot


def subscribe() -> None:
    """Called once when the app is ready."""
    if settings.LEDGER_ROOTS_DIR:
        bus.deliver(ROOT_SIGNED, subscriber="ledger_file", handler=write_file)
    if settings.LEDGER_ROOTS_TO:
        bus.deliver(ROOT_SIGNED, subscriber="ledger_mail", handler=send_mail)


def write_file(event: Event) -> None:
    """Write `root-00000012.json` into the configured folder, whole or not at all; never over a file that says otherwise.

    Raises LedgerDamaged when the file is there with other content, OSError when the folder cannot be written.
    """
    root = _root(event)
    path = Path(settings.LEDGER_ROOTS_DIR) / name_of(root)
    content = text(root)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        # A crash between writing and marking repeats the delivery; one in the middle of writing leaves a beginning.
        found = path.read_text(encoding="utf-8")
        if found == content:
            return
        if not content.startswith(found):
            raise LedgerDamaged(
                f"{path.name} in the folder of roots differs from root {root.number} of the ledger. Keep both and "
                "run `manage.py verify_ledger`."
            ) from None
        new = path.with_suffix(".new")
        new.write_text(content, encoding="utf-8")
        os.replace(new, path)


def send_mail(event: Event) -> None:
    """Send the root to the configured addresses, one mail to all. At least once: a crash can repeat it."""
    root = _root(event)
    body = (
        f"Root {root.number} of the Clearhold ledger covers {root.seq} records.\n"
        "Keep this message: with it anybody can check later that none of them was changed, removed or put in.\n"
        "How to check is in docs/ledger.md of Clearhold.\n\n"
    )
    EmailMessage(
        subject=f"Clearhold ledger root {root.number}", body=body + text(root), to=settings.LEDGER_ROOTS_TO
    ).send()


def name_of(root: LedgerRoot) -> str:
    return f"root-{root.number:08d}.json"


def text(root: LedgerRoot) -> str:
    return json.dumps(roots.as_json(root), indent=2) + "\n"


def _root(event: Event) -> LedgerRoot:
    return LedgerRoot.objects.get(public_id=event.subject_id)
