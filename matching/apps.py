from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"
    verbose_name = "Fingerprint checks"

    def ready(self) -> None:
        from audit import sentences
        from matching.events import SENTENCES

        sentences.register(SENTENCES)
