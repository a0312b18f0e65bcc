"""The one place that joins apps that must not know each other: adapters into ports, subscribers onto events, panels onto doors."""


def connect() -> None:
    """Called once when the project is ready."""
