"""What Celery is told about its broker: RabbitMQ with quorum queues, or Valkey."""

from typing import Any, Final

from celery.app.amqp import AMQP
from kombu import Connection, Exchange, Queue

QUEUES: Final = ("match", "clock", "deliver", "sweep")
DEAD: Final = "clearhold.dead"
AMQP_SCHEMES: Final = ("amqp://", "amqps://", "pyamqp://")
# How often RabbitMQ gives one message out again before it puts it aside. Our own count in PostgreSQL is lower for rows.
DELIVERIES: Final = 20
LONGEST_PAUSE_SECONDS: Final = 3.0

# Publishing waits for the broker's word that it has the message. A broker that is away is not waited for by whoever
# publishes: the row is there, and the sweep gives the hint again.
AMQP_OPTIONS: Final[dict[str, Any]] = {"confirm_publish": True, "max_retries": 0}
# Kombu looks for a dead worker's messages only every hundred seconds by default. They are hints that the sweep has
# replaced long before: what comes back after the visibility timeout finds nothing to do.
VALKEY_OPTIONS: Final[dict[str, Any]] = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}


def is_amqp(url: str) -> bool:
    """Whether the broker is RabbitMQ."""
    return url.startswith(AMQP_SCHEMES)


def quorum_queues() -> list[Queue]:
    """The queues of the workers, each with a limit of deliveries; what goes over it is kept in `clearhold.dead`."""
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERIES,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": DEAD,
    }
    exchange = Exchange("clearhold", type="topic")
    return [_WorkQueue(name, exchange, routing_key=name, queue_arguments=arguments) for name in QUEUES]


class _WorkQueue(Queue):
    """A queue that is never there without the one to which its dead messages go."""

    def declare(self, nowait: bool = False, channel: Any = None) -> str:
        Queue(DEAD, queue_arguments={"x-queue-type": "quorum"}, no_declare=False)(
            channel or self.channel
        ).declare()
        return str(super().declare(nowait=nowait, channel=channel))


class PatientConnection(Connection):
    """Looks for a lost broker every few seconds, as long as it takes; kombu would wait up to half a minute between two tries."""

    def _ensure_connection(
        self,
        errback: Any = None,
        max_retries: int | None = None,
        interval_start: float = 1,
        interval_step: float = 1,
        interval_max: float = LONGEST_PAUSE_SECONDS,
        **options: Any,
    ) -> Any:
        return super()._ensure_connection(
            errback,
            max_retries,
            interval_start,
            interval_step,
            min(interval_max, LONGEST_PAUSE_SECONDS),
            **options,
        )


class Amqp(AMQP):
    """Celery's own, with connections that look for a lost broker more often."""

    Connection = PatientConnection
    BrokerConnection = PatientConnection
