"""What every act page does: say what will happen, ask, call one service, act once, go back to the case with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts.bases import ScopedView
from accounts.errors import ClearholdError, Invalid, NotFound, NotPermitted
from accounts.models import Agency
from accounts.permissions import Permission, check_permission, has_permission
from audit import record
from audit.sentences import local_time
from cases.models import Case
from desk.acts.fields import ActForm, Moment, UploadField
from desk.acts.models import SentForm, claim, drop_file, keep_file
from desk.ways import Way


@dataclass(frozen=True)
class Done:
    """What happened, in a sentence without a name, and where to go next."""

    sentence: str
    next_url: str
    level: int = messages.SUCCESS


class ActView(ScopedView, FormView):  # type: ignore[type-arg]
    """Base of act pages. A subclass says what it is and calls its service in `perform`."""

    abstract = True
    template_name = "desk/acts/act.html"
    form_class: type[ActForm]
    act = ""
    title: Any = ""
    button: Any = ""
    service_fields: dict[str, str] = {}
    service_default = ""
    """Where sentences about a field this form does not have go: a field's name, or '' for the top of the page."""
    owns_transaction = False
    """True where the service must be able to commit part of its work while refusing (a file kept in quarantine)."""

    # -- what a subclass says ----------------------------------------------------------------------------------------
    def load(self) -> None:
        """Find what the act is about, in the actor's sight. Raises NotFound, NotPermitted."""
        raise NotImplementedError

    def perform(self, form: Any) -> Done:
        """Call the one service."""
        raise NotImplementedError

    @property
    def agency(self) -> Agency:
        raise NotImplementedError

    @property
    def back_url(self) -> str:
        raise NotImplementedError

    def what(self) -> str:
        """What will happen, in one sentence."""
        raise NotImplementedError

    def audience(self) -> str:
        """Who will see it."""
        return _(
            "Everybody who works on this case here will see it with your name and the time, and so "
            "will its reviewers, without the person's name."
        )

    def blocked(self) -> str:
        """Why this cannot be done now, in a sentence; empty when it can."""
        return ""

    def record_access(self) -> None:
        """Record that this page was opened, with what it shows."""
        raise NotImplementedError

    # -- the way of a request ----------------------------------------------------------------------------------------
    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.load()
        return self.render(None if self.blocked() else self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.load()
        earlier = SentForm.objects.filter(
            token=self.token, actor_id=self.actor.id, sent_at__isnull=False
        ).first()
        if earlier:
            return self._was_sent(earlier)
        self._keep_upload()
        if "refresh" in request.POST:
            return self.render(self.refreshed())
        form = self.get_form()
        if not form.is_valid():
            return self.render(form, status=400)
        try:
            return self._finish(self.perform_once(form))
        except Invalid as error:
            form.add_service_errors(error, self.service_fields, self.service_default)
            return self.render(form, status=400)
        except (NotFound, NotPermitted):
            raise
        except ClearholdError as error:
            if error.status == 403:
                raise PermissionDenied(error.message) from error
            return self.render(form, refusal=error.message, status=error.status)

    def refreshed(self) -> ActForm:
        """The form as typed, not judged: for a row more, or the boxes of another edition."""
        form: ActForm = self.get_form()
        form.leave_unchecked()
        return form

    def perform_once(self, form: Any) -> Done | SentForm:
        """Act, and remember in the same transaction that this form was sent; what came of it when it was sent before."""
        if self.owns_transaction:
            done = self.perform(form)
            with transaction.atomic():
                self._remember(claim(token=self.token, actor_id=self.actor.id, act=self.act), done)
            return done
        with transaction.atomic():
            row = claim(token=self.token, actor_id=self.actor.id, act=self.act)
            if row.sent_at is not None:
                return row
            done = self.perform(form)
            self._remember(row, done)
        return done

    def _remember(self, row: SentForm, done: Done) -> None:
        row.sent_at, row.outcome, row.next_url = self.now, done.sentence[:500], done.next_url
        row.content, row.file_name = None, ""
        row.save(update_fields=["sent_at", "outcome", "next_url", "content", "file_name"])

    def _finish(self, done: Done | SentForm) -> HttpResponse:
        if isinstance(done, SentForm):
            return self._was_sent(done)
        messages.add_message(self.request, done.level, done.sentence)
        return HttpResponseRedirect(done.next_url)

    def _was_sent(self, row: SentForm) -> HttpResponse:
        when = local_time(row.sent_at or self.now, self.agency.time_zone)
        text = _(
            "You sent this form before, on %(when)s. Nothing was done twice. What happened then: %(outcome)s"
        )
        messages.info(self.request, text % {"when": when, "outcome": row.outcome})
        return HttpResponseRedirect(row.next_url or self.back_url)

    # -- the form ----------------------------------------------------------------------------------------------------
    @cached_property
    def token(self) -> str:
        """The one-time token of the form that was sent, or a new one."""
        try:
            return str(UUID(self.request.POST.get("form_token", "")))
        except ValueError:
            return str(uuid4())

    @cached_property
    def upload_name(self) -> str:
        """The name of this form's file field, or ''."""
        fields = self.get_form_class().base_fields
        return next((name for name, field in fields.items() if isinstance(field, UploadField)), "")

    @cached_property
    def kept_file(self) -> SentForm | None:
        """The file that was uploaded with this form before, if it is still kept."""
        if not self.upload_name or self.request.method != "POST":
            return None
        rows = SentForm.objects.filter(token=self.token, actor_id=self.actor.id, content__isnull=False)
        return rows.first()

    def _keep_upload(self) -> None:
        upload = self.request.FILES.get(self.upload_name) if self.upload_name else None
        if self.request.POST.get("drop_file"):
            drop_file(token=self.token, actor_id=self.actor.id)
        field = self.get_form_class().base_fields.get(self.upload_name)
        if upload is None or field is None or not upload.size or upload.size > field.max_bytes:  # type: ignore[attr-defined]
            return
        keep_file(
            token=self.token,
            actor_id=self.actor.id,
            act=self.act,
            name=upload.name or "file",
            media_type=upload.content_type or "application/octet-stream",
            content=upload.read(),
        )
        upload.seek(0)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs() | {"zone": self.agency.time_zone, "now": self.now}
        kept = self.kept_file
        if kept and self.upload_name not in self.request.FILES:
            content = SimpleUploadedFile(kept.file_name, bytes(kept.content or b""), kept.media_type)
            files = self.request.FILES.copy()
            files[self.upload_name] = content
            kwargs["files"] = files
        return kwargs

    # -- the page ----------------------------------------------------------------------------------------------------
    def when(self, moment: Moment | datetime) -> str:
        """An instant in the facility's time, in full."""
        return local_time(moment.at if isinstance(moment, Moment) else moment, self.agency.time_zone)

    def render(self, form: ActForm | None, *, refusal: str = "", status: int = 200) -> HttpResponse:
        self.record_access()
        return self.render_to_response(self.get_context_data(form=form, refusal=refusal), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form")
        return {
            **admin.site.each_context(self.request),
            **kwargs,
            "view": self,
            "title": self.title,
            "sections": form.section_rows() if form else [],
            "problems": form.problems() if form and form.is_bound else [],
            "blocked": "" if form else self.blocked(),
            "token": self.token,
            "kept_file": self.kept_file,
            "zone_name": self.now.astimezone(self.agency.zone).tzname(),
            "now_text": self.when(self.now),
        }


class CaseActView(ActView):
    """Base of acts on one case, found by the public id in the address."""

    abstract = True
    case: Case
    list_name = ""
    """Where an actor goes back to who may not see the case page: the name of an admin list."""

    def load(self) -> None:
        self.case = self.find_case()
        self.check_allowed()

    def check_allowed(self) -> None:
        """Raise NotPermitted unless this actor may do this here."""
        check_permission(self.actor, self.permission, self.case.agency_id)

    def find_case(self) -> Case:
        return self.one(Case.objects.visible_to(self.actor).select_related("person", "agency"))

    def one(
        self, queryset: Any, *, missing: Callable[[], str] = lambda: _("There is no such record.")
    ) -> Any:
        """The row with the public id of the address, within what the actor may see; NotFound otherwise."""
        found = queryset.filter(public_id=self.kwargs["public_id"]).first()
        if found is None:
            raise NotFound(missing())
        return found

    @property
    def agency(self) -> Agency:
        return self.case.agency

    @cached_property
    def way(self) -> Way:
        """How the person came here, and so where they go on."""
        return Way.read(self.request.GET)

    @property
    def sees_person(self) -> bool:
        return has_permission(self.actor, Permission.CASE_VIEW, self.case.agency_id)

    @property
    def back_url(self) -> str:
        if self.sees_person:
            return self.way.after(case_url(self.case))
        try:
            return reverse(self.list_name) if self.list_name else "/admin/"
        except NoReverseMatch:
            return "/admin/"

    def done(self, sentence: str, *, level: int = messages.SUCCESS) -> Done:
        return Done(sentence, self.back_url, level)

    def record_access(self) -> None:
        record.access(
            "case.act_opened",
            actor=self.actor,
            objects=[self.case.public_id],
            object_type="case",
            case=self.case.public_id,
            agency=self.case.agency.public_id,
            purpose=self.act,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"case": self.case if self.sees_person else None}


def case_url(case: Case) -> str:
    """The case page."""
    return f"/admin/case/{case.public_id}/"
