"""The sample bookings, taken along the whole road by real workers: what `make run` shows."""
