"""The pack for outages: who is held until when on what authority, and release sheets to fill by hand, as PDF in a folder.

Written while all is well, so that it is there when nothing answers. It contains names: the folder is for the jail's own staff.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.db import transaction

from accounts.actors import system
from accounts.models import Agency
from audit import record
from audit.sentences import local_time
from detainers.documents import contents, typesetting
from detainers.documents.languages import standing
from detainers.models import CaseAuthority
from detainers.situation import load

EVERY = timedelta(hours=1)
KEPT = timedelta(hours=24)
NAME = "%Y-%m-%dT%H%M%SZ"
MANIFEST = "manifest.json"
ACTOR = system("pack")


@dataclass(frozen=True)
class Pack:
    """One pack that is complete: where it lies, and how many people and facilities are in it."""

    folder: Path
    people: int
    facilities: int


def due(folder: Path, at: datetime) -> bool:
    """Whether the newest complete pack is an hour old, or there is none."""
    newest = newest_pack(folder)
    return newest is None or at - newest >= EVERY


def newest_pack(folder: Path) -> datetime | None:
    """When the newest complete pack was made."""
    return max((made for made, _path in _packs(folder)), default=None)


def write_pack(*, folder: Path, at: datetime) -> Pack:
    """Write the pack of every jail as things stand at `at`; it appears whole or not at all. Packs older than a day go.

    The folder is made for its owner alone (0700). Raises OSError when it cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    building = Path(mkdtemp(prefix=".writing-", dir=folder))
    try:
        with transaction.atomic():
            found = [(agency, _held(agency)) for agency in Agency.objects.filter(kind="jail").order_by("pk")]
            files: list[dict[str, Any]] = []
            for agency, rows in found:
                files += _write_agency(building, agency, rows, at)
            record.access(
                "pack.written",
                actor=ACTOR,
                objects=[row.case_public_id for _agency, rows in found for row in rows],
                object_type="case",
            )
        people = sum(len(rows) for _agency, rows in found)
        manifest = {"made_at": at.astimezone(UTC).isoformat(), "people": people, "files": files}
        _write(building / MANIFEST, json.dumps(manifest, indent=1).encode())
        final = folder / at.astimezone(UTC).strftime(NAME)
        if final.exists():
            shutil.rmtree(final)
        building.rename(final)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _drop_old(folder, at)
    return Pack(final, people, len(found))


def _held(agency: Agency) -> list[CaseAuthority]:
    """Everybody in custody of one jail, the one whose authority ends first on top, those on local grounds last."""
    rows = CaseAuthority.objects.filter(agency=agency, in_custody=True).select_related(
        "case__person", "case__agency", "case__booking"
    )
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(rows, key=lambda row: (row.authority_ends_at or far, row.case_id))


def _write_agency(
    building: Path, agency: Agency, rows: Sequence[CaseAuthority], at: datetime
) -> list[dict[str, Any]]:
    name = agency.facility_code or str(agency.public_id)
    may_leave = [row for row in rows if row.kind != CaseAuthority.Kind.LOCAL_GROUND]
    made = [
        (f"{name}-board.pdf", "board", _board(agency, rows, at)),
        (f"{name}-release-sheets.pdf", "release_sheet", _sheets(agency, may_leave, at)),
    ]
    written = []
    for file_name, template, data in made:
        facts = typesetting.facts_digest(data)
        form = f"{template}-{typesetting.version_of(template)}"
        line = f"Clearhold · pack for outages · form {form} · facts {facts}"
        content = typesetting.set_pdf(template, data | {"version": line}, created=at)
        _write(building / file_name, content)
        written.append({"name": file_name, "sha256": sha256(content).hexdigest()})
    return written


def _common(agency: Agency, title: str, at: datetime) -> dict[str, Any]:
    return {
        "paper": agency.paper_size,
        "lang": "en",
        "title": title,
        "facility": typesetting.clean(agency.name),
        "case": f"{at.astimezone(agency.zone):%Y-%m-%d %H:%M}",
        "case-number": local_time(at, agency.time_zone),
        "case-label": "State at",
        "page-label": "Page {page} of {pages}",
        "made": local_time(at, agency.time_zone),
        "zone": agency.time_zone,
        "draft": "",
    }


def _board(agency: Agency, rows: Sequence[CaseAuthority], at: datetime) -> dict[str, Any]:
    over = sum(row.in_breach for row in rows)
    return _common(agency, "Who is held", at) | {
        "size": 10,
        "flipped": True,
        "next": local_time(at + EVERY, agency.time_zone),
        "count": f"People in custody: {len(rows)}; past authority: {over}.",
        "rows": [_row(row, agency) for row in rows],
    }


def _row(row: CaseAuthority, agency: Agency) -> dict[str, str]:
    case, ends = row.case, row.authority_ends_at
    until = local_time(ends, agency.time_zone) if ends else "no end known"
    authority, sentence = {
        CaseAuthority.Kind.LOCAL_GROUND: ("Local ground", "Ends with the last local ground."),
        CaseAuthority.Kind.HOLD: ("Hold on a detainer", "Release by then unless ICE takes custody before."),
    }.get(row.kind, ("None", "Nothing holds this person. Release now."))
    return {
        "until": f"ENDED {until}" if row.in_breach else until,
        "name": typesetting.clean(case.person.display_name),
        "born": contents.day(case.person.birth_date),
        "case": case.number,
        "unit": typesetting.clean(case.unit),
        "authority": authority,
        "sentence": sentence,
    }


def _sheets(agency: Agency, rows: Sequence[CaseAuthority], at: datetime) -> dict[str, Any]:
    english = standing("en")
    sheets = [
        contents.sheet(contents.Subject(row.case, load(row.case, at), None, english, at)) for row in rows
    ]
    empty = dict.fromkeys(("name", "birth_date", "case", "booking", "unit"), contents.BLANK)
    blank = {
        **empty,
        "authority": "Read the newest board sheet.",
        "until": "",
        "grounds": [],
        "detainers": [],
    }
    return _common(agency, "Release sheets", at) | {
        "blank": True,
        "sheets": [*sheets, {**blank, "checks": list(contents.CHECKS)}],
    }


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _packs(folder: Path) -> list[tuple[datetime, Path]]:
    """Complete packs by the time in their names; anything else in the folder is left alone."""
    found = []
    for path in folder.glob("*/" + MANIFEST) if folder.is_dir() else ():
        try:
            found.append((datetime.strptime(path.parent.name, NAME).replace(tzinfo=UTC), path.parent))
        except ValueError:
            continue
    return found


def _drop_old(folder: Path, at: datetime) -> None:
    for made, path in _packs(folder):
        if at - made > KEPT:
            shutil.rmtree(path)
    for path in folder.glob(".writing-*"):
        if at.timestamp() - path.stat().st_mtime > EVERY.total_seconds():
            shutil.rmtree(path)
