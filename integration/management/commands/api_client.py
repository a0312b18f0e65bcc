from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actors import system
from accounts.errors import ClearholdError
from accounts.models import Agency
from integration.models import ApiClient
from integration.services import create_client, revoke_client


class Command(BaseCommand):
    help = (
        "Add, list or revoke the machines that may use the API. A secret is printed once, when its client is added.\n"
        "Examples: api_client add TX0010000 'Jail management system'; api_client list; api_client revoke 3 'Replaced'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        add = acts.add_parser("add", help="make a client of a jail")
        add.add_argument("agency", help="ORI or facility code of the jail")
        add.add_argument("label", help="what the machine is")
        acts.add_parser("list", help="show all clients")
        revoke = acts.add_parser("revoke", help="end a client and its tokens at once")
        revoke.add_argument("client", type=int, help="number shown by list")
        revoke.add_argument("reason", help="why")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(options)
        except ClearholdError as error:
            raise CommandError(error.message) from error

    def _add(self, options: dict[str, Any]) -> None:
        code = options["agency"]
        agency = (Agency.objects.filter(ori=code) | Agency.objects.filter(facility_code=code)).first()
        if agency is None or not code:
            raise CommandError(f"There is no agency with the code '{code}'.")
        made = create_client(agency=agency, label=options["label"], actor=system("set-up"))
        self.stdout.write(f"client_id      {made.client_id}\nclient_secret  {made.secret}")
        self.stderr.write("Keep the secret now; it cannot be shown again.")

    def _list(self, options: dict[str, Any]) -> None:
        for client in ApiClient.objects.select_related("agency", "application").order_by("pk"):
            state = "active" if client.is_active else "revoked"
            self.stdout.write(
                f"{client.pk}\t{state}\t{client.application.client_id}\t{client.label}\t{client.agency.name}"
            )

    def _revoke(self, options: dict[str, Any]) -> None:
        client = revoke_client(client_id=options["client"], actor=system("set-up"), reason=options["reason"])
        self.stdout.write(f"Revoked: {client.label}")
