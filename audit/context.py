"""The id of the request that is running, for the audit rows written in it."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("clearhold_request_id", default="")
