"""The one place that joins apps that must not know each other: adapters into ports, subscribers onto events."""

from cases import ports as case_ports


def connect() -> None:
    """Called once when the project is ready."""
    from config.adapters import read_eft
    from config.celery import app as celery
    from matching import gateways
    from matching import handlers as matching_handlers
    from matching.formats.names import fold_name
    from matching.search import cases_by_tcn

    # Web threads and commands give their hints through our broker, never through Celery's default one.
    celery.set_default()
    case_ports.eft_reader = read_eft
    case_ports.fold_name = fold_name
    case_ports.number_look_ups["tcn"] = cases_by_tcn
    gateways.register()
    matching_handlers.subscribe()
