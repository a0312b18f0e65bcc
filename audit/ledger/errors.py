from audit.errors import AuditError


class LedgerError(AuditError):
    """Base of what keeps the ledger from going on. `str()` is the sentence for the operator."""

    code = "ledger_error"


class LedgerAhead(LedgerError):
    """The last seal belongs to a transaction that this database server has not reached."""

    code = "ledger_ahead"


class LedgerNotAhead(LedgerError):
    """`resolve_ledger` was asked for while there is nothing to resolve."""

    code = "ledger_not_ahead"


class LedgerDamaged(LedgerError):
    """Something that the ledger needs to go on is missing or does not fit."""

    code = "ledger_damaged"


class NoSigningKey(LedgerError):
    """There is no key to sign roots with, or it is not one."""

    code = "ledger_no_signing_key"


class NothingSealed(LedgerError):
    """A root or a proof was asked for where there is no seal."""

    code = "ledger_nothing_sealed"
