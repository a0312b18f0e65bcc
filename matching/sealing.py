"""What is derived from a received file of prints, sealed with that file's own key: erasing the file erases all of it.

A submission without a file has no prints; templates that come from elsewhere get a key of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db.models import F

from audit.keys import cipher, envelope
from audit.keys.errors import KeysError
from audit.keys.models import DataKey
from cases.models import Document
from cases.services.documents import Unreadable, key_of_document
from matching.engine.template import Template
from matching.querysets import FingerTemplateQuerySet

HEAD: Final = "matching_transmission.outgoing_head"
MINUTIAE: Final = "matching_fingertemplate.minutiae"
KEY_PURPOSE: Final = "templates"


def template_context(submission: UUID, position: int, version: str) -> str:
    """The place of one finger's minutiae; the rows have no public id of their own."""
    return f"{MINUTIAE}:{submission}:{position}:{version}"


def sealed_head(head: bytes, *, transmission: UUID, document: Document) -> bytes:
    """The outgoing head under the key of the received file. Raises Unreadable."""
    key = document.data_key or key_of_document(document.pk)
    try:
        return envelope.encrypt(head, key=key, context=envelope.context_of(HEAD, transmission))
    except KeysError as error:
        raise Unreadable(error) from error


def opened_head(blob: bytes, *, transmission: UUID, key: DataKey | None = None) -> bytes:
    """`key` is the received file's, where it was read for this act. Raises Unreadable."""
    try:
        return envelope.decrypt(blob, context=envelope.context_of(HEAD, transmission), key=key)
    except KeysError as error:
        raise Unreadable(error) from error


def sealed_templates(
    fingers: Mapping[tuple[int, str], bytes], *, submission: UUID, document_id: int | None
) -> dict[tuple[int, str], bytes]:
    """Minutiae by position and extractor version, sealed with one key. Raises Unreadable."""
    try:
        key = key_of_document(document_id) if document_id else envelope.new_key(KEY_PURPOSE)
        return {
            place: envelope.encrypt(plain, key=key, context=template_context(submission, *place))
            for place, plain in fingers.items()
        }
    except KeysError as error:
        raise Unreadable(error) from error


def opened_templates(rows: FingerTemplateQuerySet) -> Iterable[tuple[int, int, Template]]:
    """(submission, position, template) of these rows, with one query for their keys. Erased ones are left out.

    Raises Unreadable when a row was damaged or the key is not to be had: a search that left people out in silence would
    call 'no hit' what nobody looked at.
    """
    found = list(
        rows.annotate(submission_ref=F("submission__public_id")).values_list(
            "submission_id", "submission_ref", "position", "version", "minutiae"
        )
    )
    try:
        secrets = envelope.secrets_of(cipher.key_id_of(row[-1]) for row in found)
        for submission_id, ref, position, version, blob in found:
            secret = secrets.get(cipher.key_id_of(blob))
            if secret is not None:
                plain = cipher.open_sealed(
                    blob, secret=secret, context=template_context(ref, position, version)
                )
                yield submission_id, position, Template.from_bytes(plain)
    except KeysError as error:
        raise Unreadable(error) from error
