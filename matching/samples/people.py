"""Invented names, birth dates and places. They are drawn from the number of a person and nothing else.

What happens to somebody in a sample must never follow from a name, so nothing in this module knows of
outcomes, and `draw` takes no argument that could tell it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

SEED: Final = 20_261_109
_PERSON_TAG: Final = 0x0E
_OLDEST, _YOUNGEST = date(1966, 1, 1), date(2006, 12, 31)


@dataclass(frozen=True)
class Naming:
    """Surnames and given names that go together."""

    surnames: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]


@dataclass(frozen=True)
class Persona:
    surname: str
    given_names: str
    sex: str
    birth_date: date
    native_place: str  # a state of the United States, NCIC code
    foreign_place: str  # a country, NCIC code


NAMINGS: Final = (
    Naming(("Nguyễn", "Trần", "Phạm"), ("Thị Hồng Nhung", "Minh Châu"), ("Văn Đức", "Quốc Bảo")),
    Naming(("O'Connor-Díaz", "Ibáñez Prado", "Quiñones"), ("María Inés", "Lucía"), ("José Ángel", "Íñigo")),
    Naming(("Wójcik", "Żeleński", "Świątek"), ("Małgorzata", "Zofia"), ("Łukasz", "Michał")),
    Naming(("al-Ḥakīm", "Bin Yūsuf", "Abū Zayd"), ("Nūra", "Fāṭima Zahrāʾ"), ("ʿUmar Khālid", "Ṭāriq")),
    Naming(("Ó Súilleabháin", "Mac Giolla Bhríde"), ("Siobhán", "Gráinne"), ("Pádraig", "Séamus")),
    Naming(("Groß-Müller", "Weißhaupt", "Jäger"), ("Käthe", "Annelie"), ("Jürgen", "Björn-Ole")),
    Naming(("Ødegård", "Lindström", "Þórsdal"), ("Åse", "Sólveig"), ("Søren", "Håkon")),
    Naming(("Ọkáfọ̀", "Adébáyọ̀", "Chukwuma"), ("Ngọzi", "Abẹ́bí"), ("Ẹmeka", "Olúwaṣẹun")),
    Naming(("Haile", "Tadesse Worku"), ("Selam", "Mulu"), ("Dawit", "Yonas")),
    Naming(("Krishnamurthy", "Deshpāṇḍe"), ("Lakshmī", "Anjali"), ("Rāghavan", "Vikram")),
    Naming(("Lǚ", "Ouyang", "Zhào"), ("Xiǎolíng", "Měihuá"), ("Jiànguó", "Wěi")),
    Naming(("Kim", "Hwang-Yoon"), ("Ji-woo", "Eun-kyung"), ("Seung-min", "Dong-hyun")),
    Naming(("Jean-Baptiste", "Dèsrosiers"), ("Régine", "Mirlande"), ("Frantz", "Wilguens")),
    Naming(("Shevchuk", "Kovalʹchenko"), ("Oksana", "Ljudmyla"), ("Taras", "Bohdan")),
    Naming(("da Conceição", "Magalhães"), ("Graça", "Luísa"), ("João Antônio", "Cauã")),
    Naming(("Kaʻuhane", "Kealoha"), ("Leilani", "Māhealani"), ("Keoni", "Kalā")),
    Naming(("Yázhí", "Begaye"), ("Shandiin", "Dezba"), ("Ashkii", "Hastiin")),
    Naming(("Carter", "Whitfield", "Brooks"), ("Dorothy Ann", "Kayla"), ("Marcus", "Earl Wayne")),
    Naming(("Yıldırım", "Şahin"), ("Gülşen", "Işık"), ("Oğuzhan", "Çağrı")),
    Naming(("Dela Cruz", "Macaraeg"), ("Maricel", "Jocelyn"), ("Rodel", "Benigno")),
    Naming(("Petrović", "Đorđević"), ("Ljiljana", "Jovana"), ("Miloš", "Nikola")),
    Naming(("Papadopoúlou", "Stavrídis"), ("Eléni", "Despoina"), ("Giórgos", "Kyriákos")),
)

STATES: Final = ("TX", "MA", "NC", "NJ", "UT", "CA", "IL", "GA", "AZ", "FL", "OH", "LA")
COUNTRIES: Final = ("MM", "GT", "HD", "EL", "CD", "VM", "PO", "HT", "CB", "PI", "DR", "JM", "BZ", "CU")

_ORDER: Final = tuple(int(place) for place in np.random.default_rng(SEED).permutation(len(NAMINGS)))


def draw(person: int) -> Persona:
    """The persona of a person by number: the same number, the same persona, whatever else is true of them."""
    rng = np.random.default_rng([SEED, person, _PERSON_TAG])
    lap, turn = divmod(person - 1, len(NAMINGS))
    naming = NAMINGS[_ORDER[turn]]
    sex = "F" if rng.random() < 0.4 else "M"
    given_names = naming.women if sex == "F" else naming.men
    days = (_YOUNGEST - _OLDEST).days
    return Persona(
        surname=naming.surnames[(_ORDER[turn] + lap) % len(naming.surnames)],
        given_names=given_names[int(rng.integers(len(given_names)))],
        sex=sex,
        birth_date=_OLDEST + timedelta(days=int(rng.integers(days))),
        native_place=STATES[int(rng.integers(len(STATES)))],
        foreign_place=COUNTRIES[int(rng.integers(len(COUNTRIES)))],
    )


# How another clerk might write the same name: letters read over the telephone, parts swapped, marks left out.
_HEARD: Final = (
    ("pt", "t"), ("tz", "z"), ("ph", "f"),
    ("ck", "k"), ("ll", "l"), ("tt", "t"), ("y", "i"), ("w", "v"), ("ou", "u"), ("ie", "y"),
    ("ch", "sh"), ("s", "z"), ("c", "k"), ("d", "t"), ("b", "p"), ("n", "nn"), ("r", "rr"), ("a", "e"),
)  # fmt: skip


def respell(name: str) -> str:
    """Another spelling of a name: the first sound that a hasty clerk would write differently."""
    for written, heard in _HEARD:
        place = name.lower().find(written, 1)
        if place > 0:
            return name[:place] + heard + name[place + len(written) :]
    return name + "e"
