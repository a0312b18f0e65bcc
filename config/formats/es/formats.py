"""Instants with weekday and zone, so that none can be mistaken: 'Thu 19 Mar 2026, 14:00 EDT'."""

DATETIME_FORMAT = "D j M Y, H:i T"
SHORT_DATETIME_FORMAT = "j M Y, H:i T"
DATE_FORMAT = "j M Y"
SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
