"""What belongs together is equally long, and is refused where it is not."""

from collections.abc import Collection, Mapping


def refuse_unequal(counts: Mapping[str, int], allowed: Collection[int], of: str) -> None:
    """Raise ValueError if one of these is not as many as is allowed: "2 tilts for 3 frames"."""
    for name, count in counts.items():
        if count not in allowed:
            raise ValueError(f"{count} {name} for {of}.")
