"""Find what changed in a source that gives everything each time. Pure.

The outbox remembers a fingerprint of each resource that was sent. A resource whose fingerprint is
the same is not sent again. A resource that is not in a snapshot is *not* deleted: a page or a file
may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.export.left_out import Part as LeftOutPart
from kpr_stream.connectors.mapping.items import deletion_of
from kpr_stream.connectors.outbox.records import SentResource
from kpr_stream.connectors.source.interface import Fingerprint, Made, Removal
from kpr_stream.model.words import MessageType


@dataclass(frozen=True, slots=True)
class Gone:
    """The deletions of one unit and message type that follow from what was sent before."""

    org_nr: str
    message_type: MessageType
    made: Made


def only_changed(made: Made, sent: Mapping[str, SentResource], org_nr: str) -> Made:
    """Return the items that differ from what was ``sent`` for this unit."""
    if not made.prints:
        return made
    changed = [
        at
        for at, one in enumerate(made.prints)
        if (before := sent.get(one.resource)) is None
        or before.digest != one.digest
        or before.org_nr != org_nr
    ]
    places = made.place_of
    return replace(
        made,
        items=[made.items[at] for at in changed],
        prints=[made.prints[at] for at in changed],
        place_of=lambda at: places(changed[at]),
    )


def moved(
    made: Made, sent: Mapping[str, SentResource], org_nr: str, message_type: MessageType
) -> list[Gone]:
    """Return the deletions in the units that resources have left for this one.

    They have no fingerprint of their own: the resource has that of its new unit.
    """
    left: dict[str, list[int]] = {}
    for at, one in enumerate(made.prints):
        before = sent.get(one.resource)
        if before is not None and before.org_nr != org_nr:
            left.setdefault(before.org_nr, []).append(at)
    return [
        Gone(
            from_unit,
            message_type,
            Made(
                [deletion_of(message_type, sent[made.prints[at].resource].local_id) for at in ats],
                lambda at, ats=ats: made.place_of(ats[at]),  # type: ignore[misc]
            ),
        )
        for from_unit, ats in sorted(left.items())
    ]


def gone(
    removals: Sequence[Removal], sent: Mapping[str, SentResource]
) -> tuple[list[Gone], list[LeftOut]]:
    """Return the deletions of resources that are named alone, and those that name no unit."""
    by_unit: dict[tuple[str, MessageType], list[Removal]] = {}
    unknown = []
    for one in removals:
        before = sent.get(one.print.resource)
        if before is None:
            unknown.append(_unknown(one))
        elif before.digest != one.print.digest:
            by_unit.setdefault((before.org_nr, one.message_type), []).append(one)
    found = [
        Gone(org_nr, kind, _deletions(kind, ones, sent))
        for (org_nr, kind), ones in sorted(by_unit.items())
    ]
    return found, unknown


def _deletions(
    kind: MessageType, removals: list[Removal], sent: Mapping[str, SentResource]
) -> Made:
    ids = [sent[one.print.resource].local_id for one in removals]
    return Made(
        [deletion_of(kind, local_id) for local_id in ids],
        lambda at: removals[at].place,
        [
            Fingerprint(one.print.resource, local_id, one.print.digest)
            for one, local_id in zip(removals, ids, strict=True)
        ],
    )


def _unknown(one: Removal) -> LeftOut:
    return LeftOut(
        LeftOutPart.ITEM,
        one.place.file,
        one.place.pointer,
        "the deletion names no unit, and this outbox has not sent the resource",
        "If the register may have it, export the resource itself once more with the status "
        "entered-in-error and its unit.",
    )


def resources_of(prints: Iterable[Fingerprint]) -> list[str]:
    """Return the names of the resources."""
    return [one.resource for one in prints]
