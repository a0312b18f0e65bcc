"""What happens to keys, as actions with a sentence each."""

ERASED = "keys.erased"
ROTATED = "keys.rotated"
INDEX_ROTATED = "keys.index_rotated"

SENTENCES = {
    ERASED: "{actor} erased a record's key ({purpose}); its sealed bytes can never be read again. {reason}",
    ROTATED: "{actor} re-wrapped {count} data keys under key-encryption key {to}.",
    INDEX_ROTATED: "{actor} replaced the key of the exact look-up and indexed {count} values again.",
}
