"""Booking files of about 700 kB, each distinct: images made once, the Type-1 and Type-2 records of each file anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from matching.formats.ebts import ArrestCharge, PrintImage, build_car
from matching.imaging import encode_wsq
from matching.samples.bookings import master
from matching.samples.prints import CLEAN, PPI, impress

ORI, BUREAU_ORI = "TX9990100", "TXSIB0000"
SEED = 7_000
ROLLED_SIZE, PLAIN_SIZE = (750, 800), (1000, 1300)
LIVESCAN_ROLLED, LIVESCAN_PLAIN = 1, 0
PLAIN_FOUR_FINGERS = (13, 14)
SURNAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel")


@dataclass(frozen=True)
class BookingToSend:
    """One booking as a client sends it: its number, the JSON around the file, and the file."""

    number: str
    facts: dict[str, object]
    eft: bytes


@lru_cache(maxsize=1)
def images() -> tuple[PrintImage, ...]:
    """Ten rolled fingers and two plain four-finger prints of the sizes that livescans send, in WSQ."""
    rolled = [_image(position, LIVESCAN_ROLLED, ROLLED_SIZE) for position in range(1, 11)]
    plain = [_image(position, LIVESCAN_PLAIN, PLAIN_SIZE) for position in PLAIN_FOUR_FINGERS]
    return (*rolled, *plain)


def _image(position: int, impression: int, size: tuple[int, int]) -> PrintImage:
    """A sample print repeated to the size of a real scan, with the grain that a sensor adds."""
    grown = impress(master(1, (position - 1) % 10 + 1), SEED, 1, 0, CLEAN)
    height, width = size
    times = (height // grown.shape[0] + 1, width // grown.shape[1] + 1)
    grain = np.random.default_rng(SEED + position).normal(0, 12, size)
    pixels = np.clip(np.tile(grown, times)[:height, :width] + grain, 0, 255).astype(np.uint8)
    return PrintImage(
        position=position,
        impression=impression,
        width=width,
        height=height,
        ppi=PPI,
        compression="WSQ20",
        data=encode_wsq(pixels),
        record_type=14,
    )


def bookings(count: int, *, run: str, now: datetime) -> Iterator[BookingToSend]:
    """`count` distinct bookings; `run` keeps the numbers of one run apart from another's. Booked an hour before `now`."""
    booked_at = now - timedelta(hours=1)
    arrested_on = booked_at.date()
    for place in range(count):
        number = f"{run}-{place:06d}"
        surname = SURNAMES[place % len(SURNAMES)]
        birth_date = date(1960, 1, 1) + timedelta(days=place % 14_000)
        eft = build_car(
            tcn=f"TX{arrested_on:%Y%m%d}{place:012d}",
            ori=ORI,
            dai=BUREAU_ORI,
            cri=ORI,
            at=booked_at,
            surname=surname,
            given_names="Sample",
            dob=birth_date,
            sex="F",
            doa=arrested_on,
            arrests=[ArrestCharge(arrested_on, "2399 LARCENY")],
            prints=images(),
            oca=number,
        )
        yield BookingToSend(number, _facts(number, booked_at, surname, birth_date), eft)


def _facts(number: str, booked_at: datetime, surname: str, birth_date: date) -> dict[str, object]:
    return {
        "booking_number": number,
        "booked_at": booked_at.isoformat(),
        "person": {
            "surname": surname,
            "given_names": "Sample",
            "birth_date": birth_date.isoformat(),
            "sex": "F",
            "birth_place": "TX",
        },
        "charges": [{"offence_code": "2399", "description": "Larceny", "offence_class": "misdemeanor"}],
    }
