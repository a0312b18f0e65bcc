from django.apps import AppConfig


class DetainersConfig(AppConfig):
    name = "detainers"
    verbose_name = "Detainers and holds"

    def ready(self) -> None:
        from audit import sentences
        from detainers import corrections, handlers
        from detainers.events import SENTENCES

        sentences.register(SENTENCES)
        handlers.connect()
        corrections.connect()
