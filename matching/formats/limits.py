"""Bounds that keep the work on any input linear in its size (a real ten-print file is under 1 MB)."""

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_RECORDS = 64  # entries of 1.003 CNT after the first
MAX_FIELDS = 400  # fields of one tagged record
MAX_SUBFIELDS = 300  # occurrences within one field
MAX_ITEMS = 100_000  # items in all text of one file
MAX_TEXT_BYTES = 1024 * 1024  # one text field
MAX_LENGTH_DIGITS = 8  # digits of a LEN field
MIN_BINARY_BYTES = 18  # fixed part of the shortest binary record
MAX_PROBLEMS = 50  # problems reported for one file
