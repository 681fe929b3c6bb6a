"""What a run is called: the beginning of its address, as long as it has to be."""

from collections.abc import Sequence

SPOKEN = 4  # characters that tell one learner's runs apart on a page
FOUND = 16  # characters by which the database finds a run among everybody's


def spoken(address: str) -> str:
    """The name of a run in a sentence."""
    return address[:SPOKEN]


def query(address: str, beside: Sequence[str] = ()) -> dict[str, str]:
    """What the Lab's address says of a run, and of those that stand beside it."""
    others = {"beside": ",".join(map(found, beside))} if beside else {}
    return {"run": found(address), **others}


def found(address: str) -> str:
    """The name of a run in a link or a file's name."""
    return address[:FOUND]
