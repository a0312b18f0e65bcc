"""Names of many origins in any script, put together at random and independently of everything else about a case."""

from pathlib import Path

HERE = Path(__file__).parent
SURNAMES = tuple((HERE / "surnames.txt").read_text(encoding="utf-8").split())
GIVEN = tuple((HERE / "given_names.txt").read_text(encoding="utf-8").split())

# (NCIC code, words): of each class, in the order of the words, so that a pair keeps its order.
CHARGES = {
    "felony": (
        ("1399", "Aggravated assault"),
        ("2202", "Burglary of a habitation"),
        ("3599", "Possession of a controlled substance"),
        ("2404", "Theft of a vehicle"),
    ),
    "misdemeanor": (
        ("1313", "Assault causing bodily injury"),
        ("5404", "Driving while intoxicated"),
        ("2303", "Larceny: shoplifting"),
        ("3562", "Possession of marijuana under two ounces"),
        ("5707", "Trespass"),
    ),
    "violation": (
        ("5311", "Disorderly conduct"),
        ("5499", "Traffic offense"),
    ),
}
