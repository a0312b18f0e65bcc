from django.apps import AppConfig


class IntegrationConfig(AppConfig):
    name = "integration"
    verbose_name = "Machines"

    def ready(self) -> None:
        from audit import sentences
        from integration import openapi  # noqa: F401 - makes the sign-in known to the API document
        from integration.events import SENTENCES

        sentences.register(SENTENCES)
