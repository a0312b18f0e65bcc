from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actors import system
from accounts.errors import ClearholdError
from accounts.models import Agency
from oversight.models import ReviewGrant
from oversight.services import end_grant, grant_review


class Command(BaseCommand):
    help = (
        "Say which oversight body may read which jail's cases without names. Beginning and end are audit events.\n"
        "Examples: review_grant add 'Custody Watch' 'Cedar County Jail'; review_grant list; review_grant end 3"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        add = acts.add_parser("add", help="begin a grant now")
        add.add_argument("body", help="name of the oversight body")
        add.add_argument("jail", help="name of the jail")
        acts.add_parser("list", help="show all grants")
        end = acts.add_parser("end", help="end a grant now")
        end.add_argument("grant", type=int, help="number shown by list")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(options)
        except ClearholdError as error:
            raise CommandError(error.message) from error

    def _add(self, options: dict[str, Any]) -> None:
        body = self._agency(options["body"], Agency.Kind.OVERSIGHT_BODY)
        jail = self._agency(options["jail"], Agency.Kind.JAIL)
        grant = grant_review(
            oversight_agency=body, jail_agency=jail, actor=system("set-up"), at=timezone.now()
        )
        self.stdout.write(f"{body} may read the cases of {jail} without names (grant {grant.pk}).")

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        for grant in ReviewGrant.objects.select_related("oversight_agency", "jail_agency").order_by("pk"):
            state = "in force" if grant.is_in_force(now) else "not in force"
            ends = f"{grant.ends_at:%Y-%m-%d %H:%M} UTC" if grant.ends_at else "no end"
            begins = f"{grant.starts_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(
                f"{grant.pk}\t{state}\t{grant.oversight_agency}\t{grant.jail_agency}\t{begins}\t{ends}"
            )

    def _end(self, options: dict[str, Any]) -> None:
        grant = end_grant(grant_id=options["grant"], actor=system("set-up"), at=timezone.now())
        self.stdout.write(f"Grant {grant.pk} has ended.")

    def _agency(self, name: str, kind: str) -> Agency:
        agencies = list(Agency.objects.filter(name=name, kind=kind)[:2])
        if len(agencies) != 1:
            raise CommandError(
                f"There is {'no' if not agencies else 'more than one'} {kind.replace('_', ' ')} '{name}'."
            )
        return agencies[0]
