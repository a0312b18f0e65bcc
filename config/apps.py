from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ProjectConfig(AppConfig):
    """The project itself: commands, checks, and the wiring of adapters and subscribers."""

    name = "config"
    label = "clearhold"
    verbose_name = "Clearhold"

    def ready(self) -> None:
        from config import checks, grants, wiring

        checks.register()
        # Grants follow the schema: one table in the code, applied whenever the schema may have changed. Django sends
        # the signal for apps with models only, and for each of those; any one of them stands for the whole.
        post_migrate.connect(
            grants.after_migrate, sender=apps.get_app_config("audit"), dispatch_uid="clearhold-grants"
        )
        wiring.connect()
