"""A case's timeline as sentences on the terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from audit.models import Event
from audit.sentences import local_time, sentence
from config.demo.story import Context


def lines(context: Context) -> Iterator[tuple[str, str]]:
    """(local time, sentence) of every event of the case, in the order it happened."""
    zone = context.booked.agency.time_zone
    events = Event.objects.filter(case_id=context.booked.public_id).order_by("occurred_at", "id")
    for event in events:
        yield local_time(event.occurred_at, zone), sentence(event, zone=zone)


def show(console: Console, context: Context, problems: list[str]) -> None:
    """Print one case: title, timeline, and whether it ended as expected."""
    mark = "[green]as expected[/]" if not problems else "[bold red]not as expected[/]"
    heading = f"[bold]{context.told.title}[/]"
    if context.case is None:
        console.print(f"{heading}  [bold red]not booked[/]")
        return
    console.print(f"\n{heading}  [dim]case {context.case.number}, {context.case.agency.name}[/]  {mark}")
    for when, words in lines(context):
        console.print(Padding(Text.assemble((f"{when:<27} ", "dim"), words), (0, 0, 0, 2)))
    for problem in problems:
        console.print(Padding(Text(f"expected: {problem}", style="red"), (0, 0, 0, 2)))
