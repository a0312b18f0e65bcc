"""The Type-1 and Type-2 fields of the FBI's EBTS as data: what each is, how long, how often, where needed.

Written in our own form after the public EBTS 9.1 rule file of OpenEBTS (Apache-2.0) and the template comments
of the FBI's EBTS 10.0 service description. Columns of `use`: CAR, SRE, ERRT; M mandatory, O optional, - not
allowed.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Character classes of the specification; S stands for printable special characters and blank."""

    A = "A"
    N = "N"
    AN = "AN"
    AS = "AS"
    ANS = "ANS"
    DATE = "DATE"


@dataclass(frozen=True, slots=True)
class ItemRule:
    """One item of a field whose occurrences have several, in order."""

    mnemonic: str
    kind: Kind
    low: int
    high: int
    is_mandatory: bool
    ask: str


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field. `high_10` and `occurs_10` hold where EBTS 10.0 differs; `ask` says what to enter."""

    number: int
    mnemonic: str
    name: str
    kind: Kind
    low: int
    high: int
    occurs: int
    use: str
    ask: str
    pattern: str = ""
    high_10: int = 0
    occurs_10: int = 0
    items: tuple[ItemRule, ...] = ()

    def longest(self, is_10: bool) -> int:
        return self.high_10 if is_10 and self.high_10 else self.high

    def most(self, is_10: bool) -> int:
        return self.occurs_10 if is_10 and self.occurs_10 else self.occurs


A, N, AN, AS, ANS, DATE = Kind.A, Kind.N, Kind.AN, Kind.AS, Kind.ANS, Kind.DATE
F, I = FieldRule, ItemRule  # noqa: E741
_DAY = "enter a date of eight digits, CCYYMMDD"
_YES_NO = "enter Y or N"

# In Type-1 the three columns of `use` are: any request, any answer, ERRT.
TYPE_1 = (
    F(1, "LEN", "record length", N, 2, 8, 1, "MMM", "enter the number of bytes of the record"),
    F(2, "VER", "version", N, 4, 4, 1, "MMM", "enter 0400 or 0500", "0400|050[0-2]"),
    F(3, "CNT", "file content", N, 1, 400, 301, "MMM", "list the records of the file"),
    F(4, "TOT", "type of transaction", A, 3, 7, 1, "MMM", "enter CAR for a criminal ten-print"),
    F(5, "DAT", "date", DATE, 8, 8, 1, "MMM", _DAY),
    F(6, "PRY", "priority", N, 1, 1, 1, "OOO", "enter 1 to 9", "[1-9]"),
    F(7, "DAI", "destination agency", AN, 9, 9, 1, "MMM", "enter the nine characters of the receiver"),
    F(8, "ORI", "originating agency", AN, 9, 9, 1, "MMM", "enter the nine characters of the sender"),
    F(9, "TCN", "transaction control number", ANS, 10, 40, 1, "MMM", "enter 10 to 40 printable characters"),
    F(10, "TCR", "transaction control reference", ANS, 10, 40, 1, "OMO", "enter the TCN of the request"),
    F(11, "NSR", "scanning resolution", ANS, 5, 5, 1, "MMM", "enter nn.nn, such as 19.69", r"\d\d\.\d\d"),
    F(12, "NTR", "transmitting resolution", ANS, 5, 5, 1, "MMM", "enter nn.nn, such as 19.69", r"\d\d\.\d\d"),
    F(13, "DOM", "domain name", ANS, 2, 40, 1, "OOO", "enter NORAM and the EBTS version", items=(
        I("DOM name", ANS, 1, 15, True, "enter NORAM"),
        I("DOM version", ANS, 0, 15, False, "enter the EBTS version"),
    )),
    F(14, "GMT", "Greenwich mean time", AN, 15, 15, 1, "OOO", "enter CCYYMMDDHHMMSSZ", r"\d{14}Z"),
    F(15, "DCS", "character sets", ANS, 3, 40, 4, "OOO", "enter 003, UTF-8 and a version", items=(
        I("DCS index", N, 3, 3, True, "enter 000 or 003"),
        I("DCS name", ANS, 1, 25, True, "enter ASCII or UTF-8"),
        I("DCS version", ANS, 0, 10, False, "leave it empty"),
    )),
)  # fmt: skip

TYPE_2 = (
    F(1, "LEN", "record length", N, 2, 8, 1, "MMM", "enter the number of bytes of the record"),
    F(2, "IDC", "image designation", N, 1, 2, 1, "MMM", "enter 00"),
    F(5, "RET", "retention code", A, 1, 1, 1, "M--", "enter Y to keep the prints on file or N", "[YN]"),
    F(6, "ATN", "attention", ANS, 3, 30, 1, "OOO", "enter a name or unit without a period", r"[^.]*"),
    F(7, "SCO", "send copy to", ANS, 9, 19, 9, "OOO", "enter an ORI and at most ten more characters"),
    F(9, "OCA", "agency case number", ANS, 1, 20, 1, "OOO",
      "enter up to 20 characters, no period and no blank in front", r"[^. ][^.]*"),
    F(14, "FBI", "FBI number", AN, 1, 9, 5, "OOO", "enter letters and digits only"),
    F(15, "SID", "state number", ANS, 3, 10, 1, "OOO", "enter the state code and the number", r"[A-Z]{2}.*"),
    F(16, "SOC", "social security number", N, 9, 9, 4, "O--", "leave it out"),
    F(17, "MNU", "miscellaneous number", ANS, 4, 15, 4, "OOO",
      "enter two letters, a hyphen and the number", r"[A-Z]{2}-.+"),
    F(18, "NAM", "name", AS, 3, 30, 1, "MM-", "enter surname, comma and given names", high_10=50),
    F(19, "AKA", "aliases", ANS, 3, 30, 10, "O--", "enter surname, comma and given names", high_10=50),
    F(20, "POB", "place of birth", A, 2, 2, 1, "M--", "enter the two-letter NCIC code, YY if unknown"),
    F(21, "CTZ", "citizenship", A, 2, 2, 1, "O--", "leave it out", occurs_10=10),
    F(22, "DOB", "date of birth", DATE, 8, 8, 5, "M--",
      "enter a whole date as CCYYMMDD, or 00000000 if it is unknown"),
    F(24, "SEX", "sex", A, 1, 1, 1, "M--", "enter M, F, G, N, Y, Z or X", "[MFGNYZX]"),
    F(25, "RAC", "race", A, 1, 1, 1, "M--", "enter A, B, I, U or W", "[ABIUW]"),
    F(26, "SMT", "scars, marks and tattoos", ANS, 3, 10, 10, "O--", "enter NCIC codes"),
    F(27, "HGT", "height", AN, 3, 3, 1, "M--", "enter feet and inches such as 508, N and inches, or 000",
      r"000|[4-7](0\d|1[01])|N\d\d"),
    F(29, "WGT", "weight", N, 3, 3, 1, "M--", "enter three digits, 000 if unknown"),
    F(31, "EYE", "eye colour", A, 3, 3, 1, "M--", "enter the three-letter code, XXX if unknown"),
    F(32, "HAI", "hair colour", A, 3, 3, 1, "M--", "enter the three-letter code, XXX if unknown"),
    F(35, "PPA", "palm prints available", A, 1, 1, 1, "O--", _YES_NO, "[YN]"),
    F(36, "PHT", "photo available", A, 1, 1, 1, "O--", _YES_NO, "[YN]"),
    F(39, "EAD", "employer and address", ANS, 1, 120, 1, "OO-", "enter up to 120 characters"),
    F(40, "OCP", "occupation", ANS, 1, 50, 1, "OO-", "enter up to 50 characters"),
    F(41, "RES", "residence", ANS, 1, 120, 1, "OO-", "enter up to 120 characters"),
    F(43, "TSR", "type of search requested", A, 1, 1, 1, "---", "enter one letter"),
    F(45, "DOA", "date of arrest", DATE, 8, 8, 1, "M--", _DAY),
    F(47, "ASL", "arrest charge", ANS, 1, 308, 40, "M--", "enter date and wording of each charge", items=(
        I("DOO", DATE, 0, 8, False, _DAY),
        I("AOL", ANS, 1, 300, True, "enter the wording of the charge in up to 300 characters"),
    )),
    F(51, "CSL", "court segment", ANS, 2, 616, 40, "O--", "enter date, offence and sentence", items=(
        I("CDD", DATE, 0, 8, False, _DAY),
        I("COL", ANS, 1, 300, True, "enter the offence in up to 300 characters"),
        I("CPL", ANS, 1, 300, True, "enter the sentence in up to 300 characters"),
    )),
    F(54, "SSD", "custody start date", DATE, 8, 8, 1, "O--", _DAY),
    F(55, "SLE", "custody status", ANS, 1, 300, 1, "O--", "enter up to 300 characters"),
    F(56, "ICO", "comment", ANS, 1, 50, 1, "O--", "enter up to 50 characters"),
    F(59, "SRF", "search result", A, 1, 1, 1, "-M-", "enter one letter such as I or N", "[A-Z]"),
    F(60, "MSG", "status or error text", ANS, 1, 300, 11, "-OM", "enter at most eleven texts of 300"),
    F(67, "IMA", "capture equipment", ANS, 1, 102, 1, "O--", "enter make, model and serial number", items=(
        I("MAK", ANS, 1, 25, True, "enter the make"),
        I("MODL", ANS, 1, 25, True, "enter the model"),
        I("SERNO", ANS, 1, 50, True, "enter the serial number"),
    )),
    F(70, "RAP", "rap sheet wanted", A, 1, 1, 1, "O--", _YES_NO, "[YN]"),
    F(73, "CRI", "controlling agency", AN, 1, 9, 3, "MMO", "enter the ORI of the booking station"),
    F(75, "ERS", "rap sheet", ANS, 4, 200000, 1, "-O-", "enter the rap sheet"),
    F(84, "AMP", "missing or bandaged finger", AN, 5, 5, 10, "O--", "enter the finger and XX or UP",
      occurs_10=13, items=(
        I("FGP", N, 2, 2, True, "enter the finger, 01 to 10"),
        I("AMPCD", A, 2, 2, True, "enter XX for amputated or UP for unable to print"),
    )),
    F(85, "CRN", "civil record number", AN, 9, 9, 1, "-O-", "enter nine characters"),
    F(87, "TAA", "treat as adult", A, 1, 1, 1, "OO-", _YES_NO, "[YN]"),
    F(96, "RPR", "photo request", A, 1, 1, 1, "O--", _YES_NO, "[YN]"),
    F(98, "NDR", "designated repository", N, 1, 3, 4, "O--", "enter numbers such as 1 or 9", occurs_10=10),
    F(2037, "ESI", "external system identifier", ANS, 1, 300, 1, "OO-", "enter the identifier"),
)  # fmt: skip

RULES_1 = {rule.number: rule for rule in TYPE_1}
RULES_2 = {rule.number: rule for rule in TYPE_2}

# Present where a state adds them; carried on, never read.
SENSITIVE = frozenset({16, 21, 39, 41})
BOOKING_TYPES = ("CAR", "CNA", "CPDR", "CPNU")
CIVIL_TYPES = frozenset({"FANC", "FAUF", "NFUF", "NFUE", "MAP", "NFAP", "DOCE", "EMUF", "NNDR", "FNDR"})
NOT_IN_CNA = frozenset({6, 7, 70, 98})
SEARCH_TYPE_FIELD = 43  # TSR: mandatory in CPDR, optional in CPNU

# Two letters that start an ORI: NCIC state and territory codes (Nebraska is NB there, NE in common use).
STATE_CODES = frozenset(
    {
        *(
            "AL",
            "AK",
            "AZ",
            "AR",
            "CA",
            "CO",
            "CT",
            "DE",
            "DC",
            "FL",
            "GA",
            "HI",
            "ID",
            "IL",
            "IN",
            "IA",
            "KS",
        ),
        *(
            "KY",
            "LA",
            "ME",
            "MD",
            "MA",
            "MI",
            "MN",
            "MS",
            "MO",
            "MT",
            "NB",
            "NE",
            "NV",
            "NH",
            "NJ",
            "NM",
            "NY",
        ),
        *(
            "NC",
            "ND",
            "OH",
            "OK",
            "OR",
            "PA",
            "RI",
            "SC",
            "SD",
            "TN",
            "TX",
            "UT",
            "VT",
            "VA",
            "WA",
            "WV",
            "WI",
        ),
        *("WY", "PR", "GU", "GM", "VI", "AS", "AM", "MP", "MK"),
    }
)


def use_in(tot: str, rule: FieldRule) -> str:
    """Whether a Type-2 field is mandatory, optional or not allowed in a transaction: 'M', 'O' or '-'."""
    if tot == "CNA" and rule.number in NOT_IN_CNA:
        return "-"
    if rule.number == SEARCH_TYPE_FIELD:
        return {"CPDR": "M", "CPNU": "O"}.get(tot, "-")
    if tot in BOOKING_TYPES:
        return rule.use[0]
    return rule.use[2] if tot.startswith("ERR") else rule.use[1]


def mnemonic(record_type: int, number: int) -> str:
    """The short name of a field, empty where we know none."""
    rules = {1: RULES_1, 2: RULES_2}.get(record_type, {})
    if number in rules:
        return rules[number].mnemonic
    return {1: "LEN", 2: "IDC", 999: "DATA"}.get(number, "")
