"""What the search knows by transaction number."""

from collections.abc import Collection

from matching.models import Submission


def cases_by_tcn(agencies: Collection[int], text: str) -> list[int]:
    """Cases of these agencies with a check under exactly this number."""
    rows = Submission.objects.filter(tcn__in={text, text.upper()}, case__agency__in=agencies)
    return list(rows.values_list("case_id", flat=True))
