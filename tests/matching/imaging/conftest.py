from tests.matching.formats.conftest import itl_data

__all__ = ["itl_data"]
