"""The one background worker: takes submissions in order and settles each."""

import logging
import threading

from matching.simulator.bureau import Bureau
from matching.simulator.identify import SearchEngine, enrol_packed, pack_enrolment
from matching.simulator.spool import Spool, Transaction

log = logging.getLogger("matching.simulator")
_IDLE_SECONDS = 5.0


class Worker(threading.Thread):
    """Enrols before it settles: repeated after a kill, a submission never finds itself."""

    def __init__(self, spool: Spool, bureau: Bureau, engine: SearchEngine | None) -> None:
        super().__init__(name="bureau-worker", daemon=True)
        self._spool = spool
        self._bureau = bureau
        self._engine = engine
        self._wake = threading.Event()
        self._stopping = threading.Event()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        self.join()

    def run(self) -> None:
        if self._engine is not None:
            for document in self._spool.enrolled():
                enrol_packed(self._engine, document)
        while not self._stopping.is_set():
            self._wake.clear()
            transaction = self._spool.next_open()
            if transaction is None:
                self._wake.wait(_IDLE_SECONDS)
            else:
                self._settle(transaction)

    def _settle(self, transaction: Transaction) -> None:
        content = self._spool.content(transaction)
        try:
            replies, meta, prints = self._bureau.answer(transaction, content)
            if meta is not None and self._engine is not None:
                document = pack_enrolment(self._engine, transaction.digest, prints, meta)
                self._spool.enrol(transaction.digest, document)
                enrol_packed(self._engine, document)
        except Exception:
            log.exception("%s failed", transaction.control_number)
            replies = self._bureau.excuse(transaction, content)
        self._spool.settle(transaction, replies)
        log.info("%s settled with %d messages", transaction.control_number, len(replies))
