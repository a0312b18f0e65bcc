from typing import Any

from audit.ledger import signing
from audit.ledger.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Print the public key of the ledger's roots in PEM form. Auditors keep it and give it to tools/verify_ledger.py --key."

    def work(self, options: dict[str, Any]) -> None:
        public = signing.raw_public(signing.signing_key().public_key())
        self.stderr.write(f"Key {signing.key_id(public)}")
        self.stdout.write(signing.public_pem(public), ending="")
