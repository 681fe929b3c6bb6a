"""Text that takes little room: events repeat their words, and a whole arc has thousands of them.

What is packed begins with `z`, and no JSON does, so what older versions wrote is read as it is.
"""

import zlib
from base64 import b64decode, b64encode
from typing import Any

from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

MARK = "z"


def pack(text: str) -> str:
    """The text compressed, in letters that every database keeps; as it is where that is shorter."""
    packed = MARK + b64encode(zlib.compress(text.encode())).decode("ascii")
    return packed if len(packed) < len(text) or text.startswith(MARK) else text


def unpack(kept: str) -> str:
    """The text as it was given."""
    if not kept.startswith(MARK):
        return kept
    return zlib.decompress(b64decode(kept.removeprefix(MARK))).decode()


class Packed(TypeDecorator[str]):
    """A column of such texts; whoever reads or writes it has the text itself."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else pack(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else unpack(value)
