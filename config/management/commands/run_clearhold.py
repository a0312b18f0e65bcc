"""`make run`: set up the demo, take the sample bookings along the whole road, show their timelines, then serve."""

import signal
import socket
import time
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.panel import Panel

from accounts.rows import acting_for
from config.demo import people, processes, round, runner, stories, timeline, tonight
from config.demo.story import Context
from matching.samples import cast
from matching.samples.generate import DATA, GALLERY

PATIENCE_SECONDS = 180.0
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Set up demo agencies and people, take the sample bookings from the jail door to release with real workers, print each\n"
        "case's timeline, and serve the site until Ctrl-C. Run it again and it verifies every case instead of doing it twice.\n"
        "Exit code: 0 when every sample case ended as expected, 1 otherwise."
    )

    def create_parser(self, *arguments: Any, **options: Any) -> CommandParser:
        return super().create_parser(*arguments, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="end after the sample bookings instead of serving"
        )
        parser.add_argument(
            "--fresh", action="store_true", help="empty the demo first and do every sample again"
        )
        parser.add_argument(
            "--host", default="127.0.0.1", help="address of the web server (default %(default)s)"
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="port; the next free one is taken when it is busy"
        )
        parser.add_argument(
            "--quiet", action="store_true", help="print no timelines, only what is not as expected"
        )
        parser.add_argument(
            "--only",
            metavar="KEY",
            action="append",
            help="take only this sample, and the one it follows on; may be given again, and an unknown KEY lists them all",
        )

    def handle(
        self,
        *,
        once: bool,
        fresh: bool,
        host: str,
        port: int,
        quiet: bool,
        only: list[str] | None,
        **options: Any,
    ) -> None:
        samples = chosen(only)
        console = Console()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        processes.end_left_over(round.data_dir() / "processes.json")
        if fresh:
            round.begin_again()
        demo = people.set_up()
        with acting_for(demo.everybody()):
            failed = self._play(demo, samples, console, once=once, host=host, port=port, quiet=quiet)
        if failed:
            raise CommandError(f"{failed} of {len(samples)} sample cases did not end as expected.")

    def _play(
        self,
        demo: people.DemoPeople,
        samples: list[Any],
        console: Console,
        *,
        once: bool,
        host: str,
        port: int,
        quiet: bool,
    ) -> int:
        """Take the samples along their roads, or only look when all have arrived. Returns how many went another way."""
        plays = [runner.Play(Context(sample, demo, round.epoch()), stories.of(sample)) for sample in samples]
        if once and not any(runner.report(plays).values()):
            return show(plays, console, seconds=None, quiet=quiet)
        return self._with_processes(demo, plays, console, once=once, host=host, port=port, quiet=quiet)

    def _with_processes(
        self,
        demo: people.DemoPeople,
        plays: list[runner.Play],
        console: Console,
        *,
        once: bool,
        host: str,
        port: int,
        quiet: bool,
    ) -> int:
        """Start everything, play the stories, serve unless only once was asked for, and stop everything again."""
        port = free_port(host, port)
        running = processes.Processes(processes.programs(port=port, host=host, simulator=_simulator()))
        running.start()
        started = time.monotonic()
        try:
            runner.play_all(plays, console=console, patience=PATIENCE_SECONDS, alive=_alive(running))
            runner.patiently(lambda: tonight.book_in(demo))
            failed = show(plays, console, seconds=time.monotonic() - started, quiet=quiet)
            if failed:
                console.print(f"The workers' logs are in {running.logs}.")
            if not once:
                _welcome(console, demo, host, port)
                serve(running)
            return failed
        except KeyboardInterrupt:
            console.print("\nStopping everything that was started …")
            raise SystemExit(INTERRUPTED) from None
        finally:
            running.stop()


def chosen(only: list[str] | None) -> list[cast.Sample]:
    """The samples with these keys and those they follow on, in the order of the cast; all without keys."""
    if not only:
        return list(cast.CAST)
    unknown = sorted(set(only) - {sample.key for sample in cast.CAST})
    if unknown:
        keys = ", ".join(sample.key for sample in cast.CAST)
        raise CommandError(f"There is no sample {', '.join(unknown)}. The samples are: {keys}.")
    wanted = set(only) | {sample.known_as for sample in cast.CAST if sample.key in only}
    return [sample for sample in cast.CAST if sample.key in wanted]


def show(plays: list[runner.Play], console: Console, *, seconds: float | None, quiet: bool) -> int:
    """Print every sample's timeline and how it ended; the number that did not end as expected."""
    found = runner.patiently(lambda: runner.report(plays))
    for play in plays:
        problems = found[play.context.told.key]
        if problems or not quiet:
            timeline.show(console, play.context, problems)
    failed = sum(bool(problems) for problems in found.values())
    took = (
        f"in {seconds:.0f} s" if seconds is not None else "before, and still stand so; nothing was done again"
    )
    console.print(f"\n[bold]{len(plays) - failed} of {len(plays)} sample cases ended as expected[/] {took}.")
    return failed


def serve(running: processes.Processes) -> None:
    """Wait until Ctrl-C; the processes are watched meanwhile."""
    while True:
        time.sleep(1)
        _alive(running)()


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next of twenty that nobody listens on."""
    for port in range(wanted, wanted + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise CommandError(f"Ports {wanted} to {wanted + 19} are all in use. Choose another with --port.")


def _simulator() -> dict[str, Any] | None:
    """The simulator's options, or None when BUREAU_URL names a real bureau."""
    if not settings.BUREAU_URL.startswith("http+unix://"):
        return None
    round.spool().mkdir(parents=True, exist_ok=True)
    return {
        "socket": settings.BUREAU_URL.removeprefix("http+unix://").replace("%2F", "/"),
        "spool": round.spool(),
        "gallery": DATA / GALLERY,
        "state-delay": 0.2,
        "fbi-delay": 0.6,
        "dhs-delay": 1.2,
        "iar-delay": 1.8,
    }


def _alive(running: processes.Processes) -> Callable[[], None]:
    def check() -> None:
        for name, count in running.restarts.items():
            if count > 10:
                raise CommandError(
                    f"{name} ends again and again. Its last lines:\n{running.last_lines(name)}"
                )

    return check


def _welcome(console: Console, demo: people.DemoPeople, host: str, port: int) -> None:
    rows = "\n".join(f"  {login.email:<42} {login.name}" for login in people.LOGINS)
    console.print(
        Panel.fit(
            f"[bold]Clearhold is at http://{host}:{port}/[/]\n\n"
            f"Sign in with one of these addresses and the password [bold]{demo.password}[/]\n{rows}\n\n"
            f"API: http://{host}:{port}/api/v1/docs\n"
            f"  client id      {demo.client_id}\n  client secret  {demo.client_secret}\n\n"
            "Ctrl-C stops everything that was started.",
            title="Ready",
        )
    )
