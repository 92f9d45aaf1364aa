"""Collects the links of a person key from all lanes."""

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
    """Return every key that was ever linked to this one, with its evidence, newest last."""
    records = await newest(kafka_access(settings, Role.PRIVACY), IDENTITY_LINK, "identity_link")
    return collect_links(records, person_key)


def collect_links(records: Iterable[Mapping[str, Any]], person_key: str) -> list[dict[str, Any]]:
    """Group the records about one key by the other key.

    A link is live while any evidence is, unless an operator has withdrawn the link.
    """
    by_other: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        keys = [record[name] for name in _KEYS]
        if person_key in keys:
            keys.remove(person_key)
            by_other[keys[0]].append(record)
    return [
        {
            "other_key": other,
            "stands": _is_live(evidence),
            "evidence": sorted(evidence, key=lambda record: record["changed_at"]),
        }
        for other, evidence in sorted(by_other.items())
    ]


def _is_live(evidence: Iterable[Mapping[str, Any]]) -> bool:
    states = {(one["evidence"] == Evidence.OPERATOR, one["withdrawn"]) for one in evidence}
    return (False, False) in states and (True, True) not in states
