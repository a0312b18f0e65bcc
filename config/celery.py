"""Celery moves work; PostgreSQL says what is due. Every beat entry is a nudge: none, one or three beats change nothing."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CLEARHOLD_ROLE", "worker")

app = Celery("clearhold", amqp="config.broker:Amqp")
app.config_from_object("config.celery_settings")
app.autodiscover_tasks()
