"""The one error of this package; its message is a sentence for the person at the terminal."""


class ServiceError(Exception):
    """Something about the embedded services cannot be done; `log_tail` holds the server's own last words."""

    def __init__(self, message: str, *, log_tail: str = "") -> None:
        super().__init__(message)
        self.log_tail = log_tail
