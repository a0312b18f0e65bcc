"""Django's PostgreSQL backend that tells the database, before each statement, whose rows it may show.

Inside a transaction the setting is local to it; in autocommit it holds until the next statement that runs for somebody else.
What PostgreSQL was told last is forgotten wherever it may have forgotten it itself: at a new connection, at the end of a
transaction, and when a savepoint is rolled back. So no scope outlives its request, whatever the connection lives through.
"""

from typing import Any

from django.db.backends.postgresql import base

from accounts import rows


class DatabaseWrapper(base.DatabaseWrapper):
    """Behaves as its parent where `ROW_SCOPE` is not set: workers and the owner see rows by their policies alone."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._told: tuple[tuple[str, str], ...] | None = None
        self._is_silent = False
        self.execute_wrappers.append(self._tell_first)

    def settings_now(self) -> tuple[tuple[str, str], ...]:
        """Names and values that have to be in force for the next statement."""
        return rows.current_settings()

    def _tell_first(self, execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        # SET TRANSACTION shows no rows and must come before any other statement.
        if (
            self.settings_dict.get("ROW_SCOPE")
            and not self._is_silent
            and not sql.startswith("SET TRANSACTION")
        ):
            wanted = self.settings_now()
            if wanted != self._told:
                self._tell(wanted)
        return execute(sql, params, many, context)

    def _tell(self, wanted: tuple[tuple[str, str], ...]) -> None:
        """One statement, past Django's own cursor: it is no query of the page and is not counted as one."""
        local = "false" if self.get_autocommit() else "true"
        calls = ", ".join(f"set_config(%s, %s, {local})" for _ in wanted)
        values = [part for pair in wanted for part in pair]
        self._told = None
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {calls}", values)
        self._told = wanted

    def init_connection_state(self) -> None:
        self._told = None
        super().init_connection_state()

    def _set_autocommit(self, autocommit: bool) -> None:
        self._told = None
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _commit(self) -> None:
        self._told = None
        super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        """Without a word before it: the transaction may have failed, and then takes nothing else."""
        self._is_silent = True
        try:
            super()._savepoint_rollback(sid)  # type: ignore[misc]
        finally:
            self._is_silent, self._told = False, None
