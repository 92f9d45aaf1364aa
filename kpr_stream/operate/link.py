"""What is known of the links of a person key, gathered from all lanes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.link import Evidence
from kpr_stream.model.topics import IDENTITY_LINK, Role
from kpr_stream.operate.newest import newest
from kpr_stream.settings import Settings

_KEYS = ("person_key", "other_key")


async def links_of(settings: Settings, person_key: str) -> list[dict[str, Any]]:
    """Every other key that was ever linked to this one, with all that says so, newest last."""
    records = await newest(kafka_access(settings, Role.PRIVACY), IDENTITY_LINK, "identity_link")
    return gathered(records, person_key)


def gathered(records: Iterable[Mapping[str, Any]], person_key: str) -> list[dict[str, Any]]:
    """The records of one key by the other: a link stands while some evidence does and no operator
    has withdrawn it."""
    by_other: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        keys = [record[name] for name in _KEYS]
        if person_key in keys:
            keys.remove(person_key)
            by_other[keys[0]].append(record)
    return [
        {
            "other_key": other,
            "stands": _stands(said),
            "evidence": sorted(said, key=lambda record: record["changed_at"]),
        }
        for other, said in sorted(by_other.items())
    ]


def _stands(said: Iterable[Mapping[str, Any]]) -> bool:
    words = {(one["evidence"] == Evidence.OPERATOR, one["withdrawn"]) for one in said}
    return (False, False) in words and (True, True) not in words
