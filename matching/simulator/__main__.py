"""`python -m matching.simulator --socket PATH --spool DIR --gallery FILE`: runs until it is told to stop."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from matching.simulator.bureau import Bureau
from matching.simulator.identify import LeaderEngine, SearchEngine
from matching.simulator.options import Delays, Options, read_faults
from matching.simulator.server import Service, serve_tcp, serve_unix
from matching.simulator.spool import Spool, SpoolInUse
from matching.simulator.worker import Worker

log = logging.getLogger("matching.simulator")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s bureau %(message)s")
    try:
        return _run(options)
    except (SpoolInUse, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m matching.simulator", description=__doc__)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--socket", type=Path, help="Unix socket to listen on")
    place.add_argument("--listen", metavar="HOST:PORT", help="TCP address to listen on instead")
    parser.add_argument("--spool", type=Path, required=True, help="directory of the bureau's files")
    parser.add_argument("--gallery", type=Path, help="file of the known subjects")
    parser.add_argument(
        "--search",
        choices=("prints", "none"),
        default="prints",
        help="none: answer 'no record' without decoding, to measure the wire",
    )
    parser.add_argument(
        "--engine", metavar="MODULE:FACTORY", help="another search engine, called with the gallery"
    )
    parser.add_argument("--state-ori", help="ORI of the bureau; by default the one it is addressed by")
    for source in ("state", "fbi", "dhs", "iar"):
        parser.add_argument(f"--{source}-delay", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument(
        "--fault", action="append", default=[], help="503:N, drop:N, slow:SECONDS, duplicate, no-tcr, reorder"
    )
    return parser


def _run(arguments: argparse.Namespace) -> int:
    faults = read_faults(arguments.fault)
    delays = Delays(arguments.state_delay, arguments.fbi_delay, arguments.dhs_delay, arguments.iar_delay)
    options = Options(delays=delays, state_ori=arguments.state_ori)
    spool = Spool(arguments.spool)
    engine = _engine(arguments)
    worker = Worker(spool, Bureau(engine, options, faults), engine)
    service = Service(spool, worker, faults)
    if arguments.socket:
        server = serve_unix(arguments.socket, service)
    else:
        host, _, port = arguments.listen.rpartition(":")
        server = serve_tcp(host or "127.0.0.1", int(port), service)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    worker.start()
    log.info("ready on %s", arguments.socket or arguments.listen)
    with server:
        server.serve_forever(poll_interval=0.1)
    worker.stop()
    if arguments.socket:
        arguments.socket.unlink(missing_ok=True)
    spool.close()
    return 0


def _engine(arguments: argparse.Namespace) -> SearchEngine | None:
    if arguments.search == "none":
        return None
    if arguments.gallery is None:
        raise ValueError("--gallery is needed to search; name the file, or use --search none.")
    if not arguments.engine:
        return LeaderEngine(arguments.gallery)
    module, _, name = arguments.engine.partition(":")
    factory: Callable[[Path], SearchEngine] = getattr(import_module(module), name)
    return factory(arguments.gallery)


if __name__ == "__main__":
    sys.exit(main())
