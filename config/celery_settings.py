"""Celery's own settings, with the reasons in `docs/adr`. No ETA or countdown is ever a legal clock."""

import sys

from django.conf import settings

from config import broker

broker_url = settings.CELERY_BROKER_URL
broker_connection_retry_on_startup = True
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
worker_max_tasks_per_child = 500
# A connection to PostgreSQL costs more than most tasks: Celery leaves it open between tasks, and config/celery.py closes what
# is too old or broken. Celery reads this name in capitals only.
CELERY_DB_REUSE_MAX = sys.maxsize
worker_soft_shutdown_timeout = 30
worker_eta_task_limit = 1000
worker_hijack_root_logger = False
task_time_limit = 300
task_soft_time_limit = 270
task_serializer = "json"
accept_content = ["json"]
timezone = "UTC"
task_default_queue = "match"
task_create_missing_queues = True
# Celery 5.7 wants routes here; a `queue=` on the task itself warns that it will go.
task_routes = {
    # Many cases at once when a law changes: not in the way of the sweep of the clock.
    "detainers.tasks.assess_places": {"queue": "sweep"},
    # Names are in it, which the clock's role may not read.
    "detainers.tasks.write_pack": {"queue": "deliver"},
    "detainers.tasks.*": {"queue": "clock"},
    # What a dead worker left must not wait behind the files to send, and the clock's role may not touch those rows.
    "matching.tasks.sweep_matching": {"queue": "sweep"},
    "matching.tasks.search_prints": {"queue": "match"},
    "matching.tasks.*": {"queue": "deliver"},
    "audit.tasks.seal_ledger": {"queue": "clock"},
    "audit.tasks.seal_daily_root": {"queue": "clock"},
    "audit.tasks.*": {"queue": "deliver"},
}

if broker.is_amqp(broker_url):
    task_default_queue_type = "quorum"
    task_default_exchange_type = "topic"
    task_queues = broker.quorum_queues()
    broker_transport_options = broker.AMQP_OPTIONS
    broker_heartbeat = 10
    # Celery makes these for delayed tasks as soon as it sees quorum queues. We delay none, so they may be cheap.
    broker_native_delayed_delivery_queue_type = "classic"
else:
    broker_transport_options = broker.VALKEY_OPTIONS

beat_schedule = {
    "expire-holds": {"task": "detainers.tasks.expire_holds", "schedule": settings.SWEEP_SECONDS},
    "sweep-matching": {"task": "matching.tasks.sweep_matching", "schedule": settings.SWEEP_SECONDS},
    "collect-answers": {"task": "matching.tasks.collect_answers", "schedule": settings.SWEEP_SECONDS},
    "carry-deliveries": {"task": "audit.tasks.carry_deliveries", "schedule": settings.SWEEP_SECONDS},
    "seal-ledger": {"task": "audit.tasks.seal_ledger", "schedule": settings.SEAL_SECONDS},
    "assess-places": {"task": "detainers.tasks.assess_places", "schedule": 10.0},
    "write-pack": {"task": "detainers.tasks.write_pack", "schedule": 15.0},
    "seal-daily-root": {"task": "audit.tasks.seal_daily_root", "schedule": 60.0},
}
for _entry in beat_schedule.values():
    # A nudge that nobody took before the next one is worthless: let it go instead of piling up behind a slow task.
    _entry["options"] = {"expires": max(settings.SWEEP_SECONDS * 5, 10)}
beat_schedule_filename = str(settings.BASE_DIR / ".data" / "beat-schedule")
