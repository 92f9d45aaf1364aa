"""Search bytes for planted texts, also in the forms in which a log would hide them. Pure."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote


class Found(NamedTuple):
    """A planted text in a place, by the text's name and form."""

    place: str
    name: str
    form: str


def forms(text: str) -> dict[str, bytes]:
    """Return what to look for, by the name of the form."""
    plain = text.encode()
    return {
        "UTF-8": plain,
        "Latin-1": text.encode("latin-1"),
        "UTF-16, little end first": text.encode("utf-16-le"),
        "UTF-16, big end first": text.encode("utf-16-be"),
        "hex": plain.hex().encode(),
        "hex in capitals": plain.hex().upper().encode(),
        "escaped as in a URL": quote(text, safe="").encode(),
        "escaped as in JSON": json.dumps(text)[1:-1].encode(),
        "escaped as Python's bytes": repr(plain)[2:-1].encode(),
        **{f"base64 from byte {n}": _base64(plain, n) for n in range(3)},
    }


def _base64(plain: bytes, before: int) -> bytes:
    """Return the letters that depend on these bytes alone, with other bytes before and after."""
    written = b64encode(bytes(before) + plain)
    return written[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]


def found_in(place: str, data: bytes, canaries: Mapping[str, str]) -> Iterator[Found]:
    """Yield each form of each text that lies in the data. ``canaries``: texts by name."""
    for name, text in canaries.items():
        for form, wanted in forms(text).items():
            if wanted in data:
                yield Found(place, name, form)


def found_in_files(
    paths: Iterable[Path], canaries: Mapping[str, str], *, below: Path
) -> Iterator[Found]:
    """Search files, with their names and folders below one. A file that is gone is left out."""
    for path in paths:
        place = str(path.relative_to(below))
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        yield from found_in(place, place.encode() + b"\n" + data, canaries)
