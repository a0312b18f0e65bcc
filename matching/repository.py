"""Our own print repository, held in memory by each process that searches and brought up to date from
PostgreSQL.

PostgreSQL is the truth: what a gallery proposes is checked again in SQL before it becomes a candidate, so a
sealed or expunged person is never returned by a stale copy.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from matching.engine.gallery import Gallery, Hit
from matching.engine.template import Template
from matching.models import FingerTemplate
from matching.querysets import FingerTemplateQuerySet
from matching.sealing import opened_templates

OVERLAP: Final = 2_000  # rows looked at again: a lower number may have been committed later
SLACK: Final = timedelta(minutes=5)
PAGE: Final = 5_000


class Repository:
    """The live templates of one extractor version. Scores of different versions are never compared."""

    def __init__(self, extractor: str, version: str) -> None:
        self.extractor, self.version = extractor, version
        self._gallery = Gallery()
        self._newest = 0
        self._synced_at: datetime | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._gallery)

    def sync(self, *, at: datetime) -> None:
        """Take in what was added and take out what was retired since the last time."""
        with self._lock:
            self._take_out_retired()
            self._take_in_new()
            self._synced_at = at

    def search(self, prints: Mapping[int, Template], *, case_id: int, limit: int) -> list[Hit]:
        """Subjects of other cases that resemble these prints, best first.

        A subject is a submission's primary key.
        """
        return self._gallery.search(prints, limit, where=lambda meta: meta["case"] != case_id)

    def _rows(self) -> FingerTemplateQuerySet:
        return FingerTemplate.objects.filter(extractor=self.extractor, version=self.version)

    def _take_out_retired(self) -> None:
        retired = self._rows().filter(retired_at__isnull=False)
        if self._synced_at is not None:
            retired = retired.filter(retired_at__gte=self._synced_at - SLACK)
        for submission_id in retired.values_list("submission_id", flat=True).distinct():
            if str(submission_id) in self._gallery:
                self._gallery.remove(str(submission_id))

    def _take_in_new(self) -> None:
        after = max(0, self._newest - OVERLAP)
        while True:
            page = list(
                self._rows()
                .live()
                .filter(pk__gt=after)
                .order_by("pk")
                .values_list("pk", "submission_id", "case_id")[:PAGE]
            )
            if not page:
                return
            after = page[-1][0]
            self._enrol({(submission, case) for _, submission, case in page})
            # Only now: what an outage of the database kept out is looked at again.
            self._newest = max(self._newest, after)

    def _enrol(self, subjects: set[tuple[int, int]]) -> None:
        """All fingers of a subject at once, also when its rows lie on two pages."""
        new = {submission: case for submission, case in subjects if str(submission) not in self._gallery}
        fingers: dict[int, dict[int, Template]] = defaultdict(dict)
        rows = self._rows().live().filter(submission_id__in=new)
        for submission_id, position, template in opened_templates(rows):
            fingers[submission_id][position] = template
        for submission_id, prints in fingers.items():
            self._gallery.add(str(submission_id), prints, {"case": new[submission_id]})


_repositories: dict[tuple[int, str, str], Repository] = {}
_guard = threading.Lock()


def repository_for(extractor: str, version: str) -> Repository:
    """This process's repository for one extractor version; never shared across a fork."""
    key = (os.getpid(), extractor, version)
    with _guard:
        if key not in _repositories:
            _repositories[key] = Repository(extractor, version)
        return _repositories[key]


def threshold_for(fingers: Sequence[int]) -> float:
    """The score from which a candidate is proposed when these positions were compared."""
    return Gallery.threshold_for(len(fingers))
