from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The project itself: commands, checks, and the wiring of adapters and subscribers."""

    name = "config"
    label = "clearhold"
    verbose_name = "Clearhold"

    def ready(self) -> None:
        from config import checks, wiring

        checks.register()
        wiring.connect()
