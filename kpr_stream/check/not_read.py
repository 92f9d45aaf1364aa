"""Find keys of an export that the format does not have. Pure.

They are dropped, and may be misspelt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from kpr_stream.connectors.export.reader import UNIT_KEYS
from kpr_stream.connectors.mapping.fields import DELETION_FLAG, DROPPED
from kpr_stream.connectors.mapping.paths import export_paths, id_path
from kpr_stream.model.json_text import is_name
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import ITEM_RECORDS

NO_NAME = "*"
"""Reported in place of a key that is not a name: it could be personal."""
_LIKE = 0.8
"""How like a key must be to count as a misspelling, from 0 to 1."""


def not_read_of_upsert(kind: MessageType, item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of every key of an upsert that is not read.

    Such as ``maalinger/Vekt``.
    """
    known = _known(kind)
    for key, value in item.items():
        if isinstance(value, dict) and any(path.startswith(f"{key}/") for path in known):
            yield from (_shown(key, inner) for inner in value if f"{key}/{inner}" not in known)
        elif key not in known and not any(path.startswith(f"{key}/") for path in known):
            yield _shown(key)


def not_read_of_deletion(kind: MessageType, item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the same for an entry of the deletion list."""
    return (_shown(key) for key in item if key not in {id_path(kind), DELETION_FLAG})


def not_read_of_unit(other_keys: Collection[str]) -> Iterator[str]:
    """Yield the same for a unit's object."""
    return (_shown(key) for key in other_keys)


def meant(path: str) -> str | None:
    """Return the path of the format that a path is probably a misspelling of, if any."""
    wanted = {p.lower(): p for p in (*UNIT_KEYS, DELETION_FLAG)}
    wanted |= {p.lower(): p for kind in ITEM_RECORDS for p in _known(kind)}
    found = get_close_matches(path.lower(), wanted, n=1, cutoff=_LIKE)
    return wanted[found[0]] if found else None


def _shown(*keys: str) -> str:
    return "/".join(key if is_name(key) else NO_NAME for key in keys)


@cache
def _known(kind: MessageType) -> frozenset[str]:
    return frozenset({*export_paths(kind).values(), *DROPPED})
