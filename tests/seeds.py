"""How many seeds a test of learning asks: three each time, and ten where PROOF_SEEDS=10 says so.

A run is a second or more, so ten seeds of everything would be most of the suite's time. The three
are the first of the ten; whoever changes how something learns asks for all of them once. Short
runs have all ten each time.
"""

import os

ASKED = int(os.environ.get("PROOF_SEEDS", "3"))
MOST = ASKED - ASKED // 10  # nine of ten seeds, or all of a few


def seeds_from(first: int) -> range:
    """As many seeds as are asked for, one after the other."""
    return range(first, first + ASKED)


def ten_from(first: int) -> range:
    """All ten, for runs of a second or two."""
    return range(first, first + max(10, ASKED))
