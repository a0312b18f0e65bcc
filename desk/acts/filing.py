"""File a document of a case: it is made, kept with its digest, and from then on cannot change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import NotFound
from accounts.permissions import Permission, check_permission
from desk.acts.base import CaseActView, Done
from desk.acts.fields import ActForm
from detainers.documents import languages
from detainers.documents.kinds import Kind
from detainers.services import file_document
from detainers.services.filing import FILERS


class FileForm(ActForm):
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=())

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = languages.standings() if kind.is_translated else languages.standings()[:1]
        draft = _("machine draft: does not count as notice")
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (
                item.text.code,
                f"{item.text.name} · {item.text.own_name}" + (f" ({draft})" if item.is_draft else ""),
            )
            for item in found
        ]


class DocumentFileView(CaseActView):
    """Make a document and keep the bytes that are handed out."""

    permission = Permission.DETAINER_VIEW
    act = "document_file"
    form_class = FileForm
    title = gettext_lazy("File a document")
    button = gettext_lazy("Make and file it")
    kind: Kind

    def check_allowed(self) -> None:
        try:
            self.kind = Kind(self.kwargs["kind"])
        except ValueError as error:
            raise NotFound("There is no such document.") from error
        check_permission(self.actor, FILERS.get(self.kind, Permission.DETAINER_SERVE), self.case.agency_id)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"kind": self.kind}

    @property
    def back_url(self) -> str:
        return reverse("admin:documents", kwargs={"public_id": self.case.public_id})

    def what(self) -> str:
        return _(
            "%(what)s is made as the case stands at this moment and kept with its digest. Print the filed one and give that."
        ) % {"what": self.kind.title}

    def perform(self, form: Any) -> Done:
        row = file_document(
            case_id=self.case.pk,
            kind=self.kind.value,
            language=form.cleaned_data["language"],
            actor=self.actor,
            at=self.now,
        )
        return self.done(
            _("%(what)s filed. SHA-256 %(digest)s…")
            % {"what": self.kind.title, "digest": row.document.sha256[:12]}
        )
