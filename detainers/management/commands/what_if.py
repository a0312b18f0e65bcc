"""`manage.py what_if DRAFT.yaml --agency ORI`: what a draft of the law would have done. Writes nothing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from accounts.models import Agency
from detainers.policy_file import read_policies
from detainers.policy_rows import RulebookError
from detainers.services.what_if import WhatIf, what_if


class Command(BaseCommand):
    help = (
        "Decides past cases of a jail again with the rows of a draft file in the place of those of the same code, and says "
        "how many would have had longer or shorter authority, by jail and month. Rows that are off are tried too. Nothing can "
        "be written: it runs in a read-only transaction. At most 50,000 cases, the newest first. Exit code 1 when "
        "the file is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a policy file with the draft rows (docs/policies.md)")
        parser.add_argument(
            "--agency", action="append", required=True, metavar="CODE",
            help="ORI or facility code of a jail; may be given more than once, and 'all' stands for every jail",
        )  # fmt: skip
        parser.add_argument(
            "--synthetic", action="store_true", help="try made-up cases of the place instead of past ones"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _version, drafts = read_policies(options["file"].read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}.") from error
        except RulebookError as error:
            raise CommandError(str(error)) from error
        found = what_if(drafts=drafts, agencies=_agencies(options["agency"]), synthetic=options["synthetic"])
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), sort_keys=True))
        else:
            self._say(found)

    def _say(self, found: WhatIf) -> None:
        kind = "made-up cases" if found.is_synthetic else "past cases"
        self.stdout.write(f"{', '.join(found.drafts)} on {found.cases} {kind}, {found.decisions} detainers.")
        self.stdout.write(
            f"Longer: {found.total('longer'):.0f} cases by {found.total('hours_longer'):.1f} h, of them {found.begun} who "
            f"would not have been held. Shorter: {found.total('shorter'):.0f} cases by {found.total('hours_shorter'):.1f} h, "
            f"of them {found.gone} who would no longer be held. The same: {found.total('same'):.0f}."
        )
        for cell in found.rows():
            self.stdout.write(
                f"{cell.facility}  {cell.month}  longer {cell.longer} (+{cell.hours_longer:.1f} h)  shorter {cell.shorter} "
                f"(-{cell.hours_shorter:.1f} h)  same {cell.same}"
            )
        if found.more:
            self.stdout.write("There are more cases; only the newest were looked at.")


def _agencies(codes: list[str]) -> list[Agency]:
    jails = Agency.objects.filter(kind=Agency.Kind.JAIL).order_by("pk")
    if "all" in codes:
        return list(jails)
    found = list(jails.filter(Q(ori__in=codes) | Q(facility_code__in=codes)))
    known = {code for jail in found for code in (jail.ori, jail.facility_code)}
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise CommandError(
            f"There is no jail with the code {', '.join(unknown)}. Give its ORI or facility code, or 'all'."
        )
    return found
