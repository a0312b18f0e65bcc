"""Watches the sweep, the sealer and the queues from the web process: whoever should do the work is not asked how it goes."""
