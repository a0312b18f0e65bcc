"""What happens to the ledger itself, as actions with a sentence each."""

ROOT_SIGNED = "audit.root_signed"
LEDGER_RESOLVED = "audit.ledger_resolved"

SENTENCES = {
    ROOT_SIGNED: "{actor} signed root {number} of the ledger, which covers {seq} records.",
    LEDGER_RESOLVED: "{actor} let the ledger go on in the transaction ids of this database server"
    " ({sealed} records sealed): {reason}",
}
