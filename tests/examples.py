"""How many examples a property is tried with: few by default, as many times more as CLEARHOLD_LONG says.

`CLEARHOLD_LONG=100 make test ARGS='tests/detainers/test_clock_oracle.py'` tries a hundred times as many.
"""

import os


def examples(few: int) -> int:
    """`few`, times the whole number in CLEARHOLD_LONG where that is set."""
    return few * max(1, int(os.environ.get("CLEARHOLD_LONG", "1")))
