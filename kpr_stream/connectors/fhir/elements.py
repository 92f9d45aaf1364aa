"""Take elements out of a FHIR resource that may hold anything. Pure; nothing raises."""

from __future__ import annotations

import re
from typing import Any

from kpr_stream.connectors.export.values import JsonNumber
from kpr_stream.model.limits import MAX_CODINGS, MAX_REFERENCE_LETTERS

CodeOfSystem = tuple[str, str]
"""A code system and a code of it."""
MOST_LETTERS = 1_000
"""Letters of a text that is kept. A longer one is nothing that the register collects."""
_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}", re.ASCII)


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list, or the one object; at most ``MAX_CODINGS``."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found[:MAX_CODINGS] if isinstance(one, dict)]


def inner(value: object, *keys: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what lies under the keys of objects inside each other; None if nothing does."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def word(value: object) -> str | None:
    """Return a text that UTF-8 can hold, without space around it; None for everything else."""
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        return None
    stripped = value.strip()
    try:
        stripped.encode()
    except UnicodeEncodeError:
        return None
    return stripped or None


def resource_id(value: object) -> str | None:
    """Return a resource's id if it has the form of one."""
    if not isinstance(value, str) or isinstance(value, JsonNumber):
        return None
    return value if _ID.fullmatch(value) else None


def reference(value: object) -> str | None:
    """Return the text of a Reference; "" if it has one that cannot be used, None if none."""
    found = inner(value, "reference")
    if found is None:
        return None
    usable = isinstance(found, str) and len(found) <= MAX_REFERENCE_LETTERS and found.isascii()
    return found if usable else ""


def codings(*values: object) -> list[CodeOfSystem]:
    """Return system and code of each Coding in Codings, CodeableConcepts or lists of them."""
    found: list[CodeOfSystem] = []
    for value in values:
        for one in objects(value):
            for coding in objects(one["coding"]) if "coding" in one else [one]:
                system, code = word(coding.get("system")), word(coding.get("code"))
                if system is not None and code is not None:
                    found.append((system, code))
    return found[:MAX_CODINGS]
