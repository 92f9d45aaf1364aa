"""Finds quarantined items: their newest states, and where the items lie on the topic."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from kpr_stream.errors import UsageError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.limits import IN_FRONT
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.command import CommandKind
from kpr_stream.model.topics import PARTITIONS, QUARANTINE, QUARANTINE_STATE, Role
from kpr_stream.model.words import Severity, System
from kpr_stream.operate.newest import newest
from kpr_stream.operate.quarantine.item import ItemFilter
from kpr_stream.operate.request import CommandRequest, Requester
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings

ITEMS_A_COMMAND: Final = 100
"""A command is one transaction: more items would delay the deliveries of its lane."""
MAX_OFFSET_SPAN: Final = 4_000
"""Most offsets from the first to the last item of a command: the lane reads all of them."""


@dataclass(frozen=True, slots=True)
class LocatedItem:
    """A quarantined item and its place on the topic."""

    lane: int
    offset: int
    item: dict[str, Any]


def rejecting_rules(settings: Settings) -> frozenset[str]:
    """Return the ids of this release's rules that reject an item."""
    rules = catalogue(load_reference(settings.reference_dir))
    return frozenset(rule.id for rule in rules if rule.severity is Severity.REJECT)


async def find_states(
    settings: Settings, wanted: ItemFilter, role: Role = Role.OPERATOR
) -> list[dict[str, Any]]:
    """Return the states of the items that a filter accepts, oldest first, read as ``role``.

    UsageError for an unknown rule: an empty result would look as if no item were rejected by it.
    """
    access = kafka_access(settings, role)
    found = await newest(access, QUARANTINE_STATE, "quarantine_state")
    if wanted.rule and not any(wanted.rule in state["rules"] for state in found):
        _require_rule(wanted.rule, settings)
    return sorted(filter(wanted.accepts, found), key=lambda state: state["since"])


def _require_rule(name: str, settings: Settings) -> None:
    known = [rule.id for rule in catalogue(load_reference(settings.reference_dir))]
    if name not in known:
        like = get_close_matches(name.upper(), known, n=1)
        raise UsageError(
            "There is no rule of that name.",
            what_to_do=f"Did you mean {like[0]}?" if like else "See `kpr-stream rules list`.",
        )


async def find_items(settings: Settings, ids: Collection[str]) -> list[LocatedItem]:
    """Return the items with these quarantine ids; UsageError if one is not on the topic.

    Reads as ``tools``: the operator who looks items up orders a command about them, with one login.
    """
    access = kafka_access(settings, Role.TOOLS)
    found: dict[str, LocatedItem] = {}
    async for record in read_all(access, {QUARANTINE: PARTITIONS}, limits=IN_FRONT):
        if record.value is not None:
            item = wire.decode("quarantined_item", record.value)
            if item["quarantine_id"] in ids:
                found[item["quarantine_id"]] = LocatedItem(record.partition, record.offset, item)
    missing = sorted(set(ids) - found.keys())
    if missing:
        more = f", nor are {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UsageError(
            f"The item {missing[0]} is not in quarantine{more}.",
            what_to_do="Items are kept 90 days; list them with `kpr-stream quarantine list`.",
        )
    return list(found.values())


def make_requests(
    kind: CommandKind, requester: Requester, found: Iterable[LocatedItem], ids: Iterable[str]
) -> list[CommandRequest]:
    """Request commands about items: for each unit and system as many as needed.

    ``ids`` yields command ids, one for each command.
    """
    by_unit: dict[tuple[int, str, str], list[int]] = {}
    for one in found:
        unit = one.lane, one.item["org_nr"], one.item["system"]
        by_unit.setdefault(unit, []).append(one.offset)
    fresh = iter(ids)
    return [
        CommandRequest(
            command_id=next(fresh),
            kind=kind,
            lane=lane,
            requester=requester,
            org_nr=org_nr,
            system=System(system),
            arguments={"offsets": ",".join(str(offset) for offset in part)},
        )
        for (lane, org_nr, system), offsets in sorted(by_unit.items())
        for part in _parts(sorted(offsets))
    ]


def _parts(offsets: list[int]) -> Iterable[list[int]]:
    part: list[int] = []
    for offset in offsets:
        if part and (len(part) == ITEMS_A_COMMAND or offset - part[0] > MAX_OFFSET_SPAN):
            yield part
            part = []
        part.append(offset)
    if part:
        yield part
