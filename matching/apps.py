from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"
    verbose_name = "Fingerprint checks"

    def ready(self) -> None:
        from django.core.checks import register

        from audit import sentences
        from matching.checks import check_policy_file
        from matching.events import SENTENCES

        sentences.register(SENTENCES)
        register(check_policy_file)
