"""What matching refuses, beyond the general refusals of accounts.errors."""

from accounts.errors import ClearholdError, IllegalMove


class MatchingError(ClearholdError):
    """Base of the refusals that only matching makes."""

    code = "matching_refused"
    status = 409


class SecondExaminerNeeded(MatchingError):
    """The same examiner tried to decide twice. A match needs two different people."""

    code = "second_examiner_needed"


class ReviewClosed(IllegalMove):
    """The candidate has been decided."""

    code = "review_closed"


class NothingToCode(MatchingError):
    """No immigration response is attached, so there is nothing a person could have read."""

    code = "nothing_to_code"


class PersonNeeded(MatchingError):
    """A machine or the system tried to do what the design leaves to a named person."""

    code = "person_needed"
    status = 403


class OutgoingChanged(MatchingError):
    """The stored parts no longer give the bytes whose digest was recorded; nothing is sent."""

    code = "outgoing_changed"


class NoGateway(MatchingError):
    """No gateway is wired for this peer."""

    code = "no_gateway"
    status = 503
