#!/usr/bin/env python
"""Clearhold's command line: `./manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Commands migrate and administer as the owner; the demo acts as the web process does.
    os.environ.setdefault("CLEARHOLD_ROLE", "web" if sys.argv[1:2] == ["run_clearhold"] else "owner")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed here. Run `make` once: it sets up everything, then use .venv/bin/python."
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
