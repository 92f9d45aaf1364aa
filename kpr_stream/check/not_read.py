"""Keys of an export that the format does not have: dropped, and so perhaps misspelt. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from kpr_stream.connectors.export.reader import UNIT_KEYS, is_name
from kpr_stream.connectors.mapping.items import JSON_ID
from kpr_stream.connectors.mapping.paths import EXPORT_PATHS
from kpr_stream.model.words import MessageType

NO_NAME = "*"
"""Told in place of a key that is no name: it could be personal."""
_DROPPED = ("journalId", "avdeling/lokalNavn")
"""Keys that senders have and that are left behind on purpose."""
_OF_DELETION = "erSlettet"
_LIKE = 0.8
"""How like a key must be to be taken for a slip of the pen, from 0 to 1."""


def not_read_of_upsert(kind: MessageType, item: Mapping[str, Any]) -> Iterator[str]:
    """Paths such as ``maalinger/Vekt`` of what an upsert has and nobody reads."""
    known = _known(kind)
    for key, value in item.items():
        if isinstance(value, dict) and any(path.startswith(f"{key}/") for path in known):
            yield from (_told(key, inner) for inner in value if f"{key}/{inner}" not in known)
        elif key not in known and not any(path.startswith(f"{key}/") for path in known):
            yield _told(key)


def not_read_of_deletion(kind: MessageType, item: Mapping[str, Any]) -> Iterator[str]:
    """The same of an entry of the deletion list."""
    return (_told(key) for key in item if key not in {JSON_ID[kind], _OF_DELETION})


def not_read_of_unit(other_keys: Collection[str]) -> Iterator[str]:
    """The same of a unit's object."""
    return (_told(key) for key in other_keys)


def meant(path: str) -> str | None:
    """The path of the format that a path was probably meant to be."""
    wanted = {p.lower(): p for p in (*UNIT_KEYS, _OF_DELETION)}
    wanted |= {p.lower(): p for kind in EXPORT_PATHS for p in _known(kind)}
    found = get_close_matches(path.lower(), wanted, n=1, cutoff=_LIKE)
    return wanted[found[0]] if found else None


def _told(*keys: str) -> str:
    return "/".join(key if is_name(key) else NO_NAME for key in keys)


@cache
def _known(kind: MessageType) -> frozenset[str]:
    return frozenset({*EXPORT_PATHS[kind].values(), JSON_ID[kind], *_DROPPED})
