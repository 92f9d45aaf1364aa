"""Cleaned records of many accepted items at once: those that ``cleaned.live_record`` makes. Pure.

For items whose persons have no rights. The records of one frame are written from its columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from kpr_stream.model.delivery import Arrived
from kpr_stream.model.header import NO_KEY, PackedHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import RecordStatus, system_number
from kpr_stream.processor.emit.cleaned import CLEANED
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.frame_columns import coded, coded_lists, columns_of
from kpr_stream.processor.emit.packed_headers import Caused
from kpr_stream.processor.items.framed import Framed
from kpr_stream.schemas.column_records import Coded, Column, Constant, Keys, write_records
from kpr_stream.schemas.segments import Bytes, Whole

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Accepted:
    """The accepted items of one frame. Lists and arrays have one value an item."""

    framed: Framed
    deliveries: Sequence[Arrived]
    delivery: Whole
    """The item's delivery, by its place in ``deliveries``."""
    keys: Sequence[bytes]
    person_keys: Sequence[bytes | None]
    natural_keys: Sequence[bytes]
    content_hashes: Sequence[bytes]

    def each(self, value: Callable[[Arrived], T]) -> list[T]:
        """Return a value of each item's delivery."""
        found = [value(arrived) for arrived in self.deliveries]
        return [found[number] for number in self.delivery.tolist()]

    def numbers(self, value: Callable[[Arrived], int]) -> Whole:
        """Return a number of each item's delivery."""
        return np.array([value(arrived) for arrived in self.deliveries], np.int64)[self.delivery]

    def column(self, value: Callable[[Arrived], Any]) -> Column:
        """Return a value of each item's delivery, for its record."""
        found = [value(arrived) for arrived in self.deliveries]
        return Constant(found[0]) if len({*found}) == 1 else Coded(found, self.delivery)


def live_records(emitter: Emitter, accepted: Accepted) -> Iterator[tuple[OutputRecord, bytes]]:
    """Yield each item's record, and its ledger entry before the record has an offset."""
    name, topic, _ = CLEANED[accepted.framed.message_type]
    values = write_records(name, _columns(emitter, accepted), len(accepted.keys))
    caused = Caused(
        source_topic=accepted.numbers(lambda arrived: arrived.source.topic_index),
        source_offset=accepted.numbers(lambda arrived: arrived.source.offset),
        system=accepted.numbers(lambda arrived: system_number(arrived.envelope.system)),
        extracted_at=accepted.numbers(lambda arrived: arrived.envelope.extracted_at),
        sequence=accepted.numbers(lambda arrived: arrived.envelope.sequence),
        natural_key=_matrix(accepted.natural_keys),
        person_key=_matrix([key or NO_KEY for key in accepted.person_keys]),
        content_hash=_matrix(accepted.content_hashes),
    )
    times = accepted.each(lambda arrived: arrived.source.received_at)
    for key, value, header, entry, at in zip(
        accepted.keys, values, caused.headers(), caused.entries(), times, strict=True
    ):
        yield OutputRecord(topic, key.hex().encode(), value, PackedHeader(header), at), entry


def _columns(emitter: Emitter, accepted: Accepted) -> dict[str, Column]:
    framed, person_keys = accepted.framed, accepted.person_keys
    content = framed.ready.select(n for n in framed.ready.columns if not n.startswith("_"))
    return {
        **columns_of(content),
        "warnings": coded_lists(framed.warnings),
        "set_aside": coded_lists(framed.set_aside),
        **_groups(emitter, accepted),
        CLEANED[framed.message_type][2]: Keys(_matrix(accepted.keys)),
        "person_key": Keys(
            _matrix([key or NO_KEY for key in person_keys]),
            np.array([key is None for key in person_keys]),
        ),
        "status": Constant(RecordStatus.LIVE.value),
        "org_nr": accepted.column(lambda arrived: arrived.envelope.org_nr),
        "system": accepted.column(lambda arrived: arrived.envelope.system.value),
        "extracted_at": accepted.column(lambda arrived: arrived.envelope.extracted_at),
        "sequence": accepted.column(lambda arrived: arrived.envelope.sequence),
        "received_at": accepted.column(lambda arrived: arrived.source.received_at),
        "rule_set_version": Constant(emitter.versions.rule_set),
        "reference_version": Constant(emitter.versions.reference),
    }


def _groups(emitter: Emitter, accepted: Accepted) -> dict[str, Column]:
    """Return the key of each item's group consultation, if some item has one."""
    group_ids = accepted.framed.ready.get_column("_group_id").to_list()
    if not any(group_id is not None for group_id in group_ids):
        return {}
    scopes = accepted.each(lambda arrived: (arrived.envelope.org_nr, arrived.envelope.system))
    keys = [
        None if group_id is None else emitter.pseudonyms.group_key(*scope, group_id).hex()
        for group_id, scope in zip(group_ids, scopes, strict=True)
    ]
    return {"group_key": coded(keys)}


def _matrix(keys: Sequence[bytes]) -> Bytes:
    return np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), len(NO_KEY))
