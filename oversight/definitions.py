"""What every figure on the oversight site means and how it is counted. The case page links to these by anchor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """One figure: its anchor, its name, what it means, how it is counted."""

    anchor: str
    term: str
    meaning: str
    counted: str


@dataclass(frozen=True)
class Section:
    title: str
    definitions: tuple[Definition, ...]


SECTIONS = (
    Section(
        "The case",
        (
            Definition(
                "reference",
                "Reference",
                "The name of a case on this site. It leads to no record outside it.",
                "A digest of the case's random id, made for review alone. The jail can work it out for a case it knows.",
            ),
            Definition(
                "booked",
                "Booked",
                "When the jail took the person in, as a week.",
                "The ISO week, Monday to Sunday, in the jail's time zone. Day and hour are left out because rosters show them.",
            ),
            Definition(
                "age",
                "Age at booking",
                "The age as a band.",
                "Full years on the day of booking. 'Unknown' where no date of birth was recorded.",
            ),
            Definition(
                "offences",
                "Classes of the charges",
                "Felony, misdemeanor or violation, each named once.",
                "Every charge ever recorded on the case, whatever became of it.",
            ),
            Definition(
                "custody",
                "Custody",
                "Where the person is, or how custody ended.",
                "The last custody fact the jail recorded.",
            ),
            Definition(
                "custody-time",
                "Time in custody",
                "From booking to the end of custody.",
                "In whole hours, so that a published roster cannot be searched for it. Left out while custody runs.",
            ),
        ),
    ),
    Section(
        "Authority and breaches",
        (
            Definition(
                "eligible",
                "Release-eligible",
                "When the last local ground to hold ended: a charge, sentence, judge's warrant or court order.",
                "Whole hours after booking. From here only a valid hold is authority.",
            ),
            Definition(
                "past-eligible",
                "Held past release-eligible",
                "How long the person stayed in custody after the last local ground ended, with or without a hold.",
                "In hours with one decimal when custody is over. While it runs it is given in steps, as the exact length would "
                "tell the hour.",
            ),
            Definition(
                "breach",
                "Breach",
                "Custody after every authority to hold had ended. A release-processing target adds no authority.",
                "Minutes from the end of authority to the end of custody, or to a new authority. Nothing removes a breach.",
            ),
            Definition(
                "hold",
                "Hold",
                "Custody on a detainer after the last local ground.",
                "It is over at its deadline whether or not anybody wrote that down.",
            ),
            Definition(
                "rule",
                "Rule of the clock",
                "How the hours of the form are counted.",
                "By the edition of the form that was received.",
            ),
            Definition(
                "limit",
                "Limit that governed",
                "Whose limit came first: the form's or the policy's.",
                "The earliest limit always governs.",
            ),
            Definition(
                "deadline",
                "Deadline",
                "When the hold is over at the latest.",
                "Whole hours after booking. It can be made earlier, never later.",
            ),
        ),
    ),
    Section(
        "Detainers and decisions",
        (
            Definition(
                "detainer",
                "Detainer",
                "A federal request to keep a person. It gives a jail no authority by itself.",
                "Every one received, also those that are deficient, lifted or cancelled.",
            ),
            Definition(
                "received",
                "Received",
                "When and how the detainer reached the jail.",
                "Whole hours after booking, as the jail recorded it.",
            ),
            Definition(
                "served",
                "Copy served",
                "Whether a copy was given to the person, and how long after receipt.",
                "The first copy given. Some editions take effect only then.",
            ),
            Definition(
                "warrant",
                "Warrant with it",
                "Which warrants came with the detainer.",
                "Only one signed by a judge is an authority of its own.",
            ),
            Definition(
                "decision",
                "Decision",
                "Whether the law of the place lets this jail hold on this detainer.",
                "Worked out from dated rules with their citations; the latest decision is shown. It can be replayed.",
            ),
            Definition(
                "answers",
                "Answers",
                "What each source said to the fingerprints. Criminal and immigration answers are never merged.",
                "The latest set of prints. Refused, unclear, failed and late answers are not findings.",
            ),
        ),
    ),
    Section(
        "What is left out",
        (
            Definition(
                "left-out",
                "Names, numbers and words of staff",
                "Names, dates of birth, booking and case numbers, days and hours, and every text that staff typed are not on "
                "this site and cannot be asked for here.",
                "The pages read the database as a user that has no right to the tables in which these stand.",
            ),
        ),
    ),
)
