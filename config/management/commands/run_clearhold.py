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

from config.demo import people, processes, round, runner, stories, timeline, tonight
from config.demo.story import Context
from matching.samples import cast
from matching.samples.generate import DATA, GALLERY

MAIN_JOB_SECONDS = 300.0


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

    def handle(self, *, once: bool, fresh: bool, host: str, port: int, quiet: bool, **options: Any) -> None:
        console = Console()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        processes.end_left_over(round.data_dir() / "processes.json")
        if fresh:
            round.begin_again()
        demo = people.set_up()
        port = free_port(host, port)
        running = processes.Processes(processes.programs(port=port, host=host, simulator=_simulator()))
        running.start()
        try:
            failed = main_job(demo, running, console, quiet=quiet)
            if not once:
                _welcome(console, demo, host, port)
                serve(running)
        except KeyboardInterrupt:
            console.print("\nStopping everything that was started …")
            failed = 0
        finally:
            running.stop()
        if failed:
            raise CommandError(f"{failed} of {len(cast.CAST)} sample cases did not end as expected.")


def main_job(demo: people.DemoPeople, running: processes.Processes, console: Console, *, quiet: bool) -> int:
    """Play every sample's story and print how it went; the number that did not end as expected."""
    began = round.epoch()
    plays = [runner.Play(Context(sample, demo, began), stories.of(sample)) for sample in cast.CAST]
    started = time.monotonic()
    runner.play_all(plays, console=console, seconds=MAIN_JOB_SECONDS, alive=_alive(running))
    found = runner.report(plays)
    for play in plays:
        problems = found[play.context.told.key]
        if problems or not quiet:
            timeline.show(console, play.context, problems)
    tonight.book_in(demo)
    failed = sum(bool(problems) for problems in found.values())
    seconds = time.monotonic() - started
    console.print(
        f"\n[bold]{len(plays) - failed} of {len(plays)} sample cases ended as expected[/] in {seconds:.0f} s."
        + (f" Worker logs: {running.logs}" if failed else "")
    )
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
