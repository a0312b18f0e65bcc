from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and agencies"

    def ready(self) -> None:
        from accounts.events import SENTENCES
        from audit import sentences

        sentences.register(SENTENCES)
