"""Sealed data: one data key per record, wrapped under a key-encryption key that is never in the database.

`envelope` seals and opens, `blind` finds by exact value, `services` erases and rotates. `docs/keys.md` tells operators more.
"""
