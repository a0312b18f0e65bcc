from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from audit import sentences
        from audit.events import SENTENCES
        from audit.ledger import outgoing

        sentences.register(SENTENCES)
        outgoing.subscribe()
