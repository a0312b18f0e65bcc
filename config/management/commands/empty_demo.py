"""Drops and makes again the embedded demo database, and empties the embedded broker. Used by `run_clearhold --fresh`."""

import os
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    help = "Empty the demo: drop and create the embedded database, flush the embedded broker. Refuses any other database."
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION or os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_OWNER"):
            raise CommandError("This empties a database, so it works on the embedded demo services only.")
        name = connection.settings_dict["NAME"]
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
        redis.Redis.from_url(
            settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host", "db")
        ).flushdb()
        self.stdout.write("The demo is empty.")
