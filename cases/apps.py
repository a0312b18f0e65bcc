from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from audit import sentences
        from cases.events import SENTENCES

        sentences.register(SENTENCES)
