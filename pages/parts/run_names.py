"""What a run is called: the beginning of its address, as long as it has to be."""

SPOKEN = 4  # characters that tell one learner's runs apart on a page
FOUND = 16  # characters by which the database finds a run among everybody's


def spoken(address: str) -> str:
    """The name of a run in a sentence."""
    return address[:SPOKEN]


def found(address: str) -> str:
    """The name of a run in a link or a file's name."""
    return address[:FOUND]
