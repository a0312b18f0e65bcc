import pytest

from tests.actors import Cast
from tests.detainers.builders import Road
from tests.factories import CaseFactory


@pytest.fixture
def road(cast: Cast, book: CaseFactory) -> Road:
    """A case's way from booking to release, by the real services."""
    return Road(cast, book)
