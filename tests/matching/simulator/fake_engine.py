"""A search engine that knows prints by their exact pixels: fast, and strict about what is the same."""

import hashlib
import json
from pathlib import Path

from matching.simulator.identify import ENROLLED_FROM, Impression


class FakeEngine:
    def __init__(self, subjects=()):
        self.subjects = [(dict(prints), dict(meta)) for prints, meta in subjects]
        self.searches = 0

    def extract(self, pixels, ppi):
        flat = float(pixels.std()) < 5
        return Impression(template_of(pixels), 0 if flat else 40, 5 if flat else 1)

    def search(self, prints, place, *, but_not):
        self.searches += 1
        for known, meta in self.subjects:
            shared = [finger for finger in prints if finger in known]
            is_same = shared and all(prints[finger] == known[finger] for finger in shared)
            if is_same and place.holds(meta) and meta.get(ENROLLED_FROM) != but_not:
                return meta
        return None

    def enrol(self, reference, prints, meta):
        self.subjects.append((dict(prints), dict(meta)))

    def pack(self, template):
        return template

    def unpack(self, data):
        return data


def template_of(pixels):
    return hashlib.sha256(pixels.tobytes()).digest()[:12]


def from_file(path: Path) -> FakeEngine:
    """The factory that the command line names in tests."""
    subjects = json.loads(path.read_text())
    return FakeEngine(
        ({int(place): bytes.fromhex(data) for place, data in item["prints"].items()}, item["meta"])
        for item in subjects
    )
