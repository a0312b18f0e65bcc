"""The booking file of a sample: what a livescan would hand to the jail, the same on every run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from matching.formats.ebts import ArrestCharge, PrintImage, build_car
from matching.formats.tcn import build_tcn
from matching.imaging import encode_wsq
from matching.samples.casting import JAILS, Sample
from matching.samples.prints import CLEAN, POOR, PPI, Image, impress
from matching.samples.ridges import Master, grow_master

SEED: Final = 20_261_109
BOOKED_AT: Final = time(18, 40)
LIVESCAN_ROLLED: Final = 1
_FIRST_TCN, _REPRINT_TCN = 0, 500_000


@lru_cache(maxsize=40)
def master(person: int, position: int) -> Master:
    return grow_master(SEED, person, position)


def images(sample: Sample, *, is_reprint: bool = False) -> dict[int, Image]:
    """The sample's prints by position. The reprint of a poor card is a good one."""
    prints = sample.prints
    impression = prints.reprint if is_reprint and prints.reprint is not None else prints.impression
    touch = POOR if prints.poor and not is_reprint else CLEAN
    return {
        position: impress(master(prints.person, position), SEED, prints.person, impression, touch)
        for position in prints.positions
    }


def booking_file(sample: Sample, *, is_reprint: bool = False) -> bytes:
    """A criminal ten-print transaction of EBTS with the sample's facts and prints."""
    jail = JAILS[sample.jail]
    sequence = int(sample.booking_number.rpartition("-")[2]) + (_REPRINT_TCN if is_reprint else _FIRST_TCN)
    return build_car(
        tcn=build_tcn(jail.state, sample.arrested_on, sequence),
        ori=jail.ori,
        dai=jail.bureau_ori,
        cri=jail.ori,
        at=datetime.combine(sample.arrested_on, BOOKED_AT, ZoneInfo(jail.zone)),
        surname=sample.surname,
        given_names=sample.given_names,
        dob=sample.birth_date,
        sex=sample.sex,
        pob=sample.birth_place,
        doa=sample.arrested_on,
        arrests=[
            ArrestCharge(sample.arrested_on, _wording(c.offence_code, c.description)) for c in sample.charges
        ],
        prints=_records(images(sample, is_reprint=is_reprint), sample.prints.record_type),
        oca=sample.booking_number,
        amputations=sample.prints.missing,
    )


def _wording(code: str, description: str) -> str:
    return f"{code} {description.upper()}"


def _records(pictures: Mapping[int, Image], record_type: int) -> list[PrintImage]:
    return [
        PrintImage(
            position=position,
            impression=LIVESCAN_ROLLED,
            width=picture.shape[1],
            height=picture.shape[0],
            ppi=PPI,
            compression="WSQ20",
            data=encode_wsq(picture),
            record_type=record_type,
        )
        for position, picture in sorted(pictures.items())
    ]
