from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class DeskConfig(AppConfig):
    name = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        from audit import sentences
        from desk import claim_mail
        from desk.events import SENTENCES

        sentences.register(SENTENCES)
        claim_mail.connect()


class DeskAdminConfig(AdminConfig):
    """Makes our site the default one, so that every app's admin.py registers on it without knowing the desk."""

    default_site = "desk.site.ClearholdAdminSite"
