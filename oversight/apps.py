from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "oversight"
    verbose_name = "Oversight"

    def ready(self) -> None:
        from audit import sentences
        from oversight.events import SENTENCES

        sentences.register(SENTENCES)
