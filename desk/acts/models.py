"""One act form, from its first sending until its act is done: it acts once, and keeps an uploaded file meanwhile."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

KEPT_FOR = timedelta(hours=24)


class SentForm(models.Model):
    """A form's one-time token, what came of it, and the file uploaded with it until then."""

    token = models.UUIDField()
    actor_id = models.CharField(max_length=64)
    act = models.CharField(max_length=40)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    file_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    content = models.BinaryField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True)
    next_url = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "actor_id"], name="desk_sent_form_once"),
            models.CheckConstraint(
                name="desk_sent_form_keeps_no_file",
                condition=models.Q(sent_at__isnull=True) | models.Q(content__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at"], condition=models.Q(content__isnull=False), name="desk_sent_form_kept"
            ),
        ]

    class Privacy:
        personal = ("content", "file_name")
        retention = "the file until the form is sent, a day at most"

    def __str__(self) -> str:
        return f"{self.act} {self.token}"


def claim(*, token: str, actor_id: str, act: str) -> SentForm:
    """The row of this form under a lock; a second sender waits here for the first. Needs a transaction."""
    forget_old_files()
    SentForm.objects.bulk_create([SentForm(token=token, actor_id=actor_id, act=act)], ignore_conflicts=True)
    return SentForm.objects.select_for_update().get(token=token, actor_id=actor_id)


def keep_file(*, token: str, actor_id: str, act: str, name: str, media_type: str, content: bytes) -> None:
    """Keep an uploaded file until its form is sent, so that nobody has to choose it again after a typing error."""
    forget_old_files()
    facts = {"act": act, "file_name": name[-200:], "media_type": media_type[:100], "content": content}
    if not SentForm.objects.filter(token=token, actor_id=actor_id, sent_at__isnull=True).update(**facts):
        SentForm.objects.bulk_create(
            [SentForm(token=token, actor_id=actor_id, **facts)], ignore_conflicts=True
        )


def forget_old_files() -> None:
    """Files whose form nobody sent within a day. Every form that is sent does this; the index makes it free."""
    SentForm.objects.filter(opened_at__lt=Now() - KEPT_FOR, content__isnull=False).update(
        content=None, file_name=""
    )


def drop_file(*, token: str, actor_id: str) -> None:
    SentForm.objects.filter(token=token, actor_id=actor_id).update(content=None, file_name="")
