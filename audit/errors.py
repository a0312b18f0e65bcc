class AuditError(Exception):
    """Base of what can go wrong when something is recorded."""

    code = "audit_error"


class NotInTransaction(AuditError):
    """An event was recorded outside a transaction: the change and its record must stand or fall together."""

    code = "audit_not_in_transaction"


class UnknownAction(AuditError):
    """The action has no sentence. Add it to its app's events.py so that people can read it."""

    code = "audit_unknown_action"
