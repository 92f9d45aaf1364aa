"""The row of a person's rights: the newest record of ``kpr.rights``. Pure.

The stop mark of an erasure is left out: only lanes compare it. The processor does not write this
topic, so its records have no ledger header.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kpr_stream.model.topics import RIGHTS
from kpr_stream.rights.table import read_person
from kpr_stream.sinks.by_value.tables import Row, ValueTable, ValueTopic
from kpr_stream.sinks.latest import SinkRecord, key_as_uuid

PERSONS: Final = ValueTable(db_schema="rights", name="person", unique=("person_key",), mirror=True)


def rights_topic() -> ValueTopic:
    """Return the reservations and erasures of persons."""
    return ValueTopic(
        topic=RIGHTS, tables=(PERSONS,), rows_of=rows_of, key_of=key_of, from_processor=False
    )


def rows_of(record: SinkRecord) -> Mapping[str, Sequence[Row]]:
    """Return the row of a person. WireFormatError if the record cannot be used."""
    key = key_as_uuid(record.key)
    person = read_person(record.value or b"", key=key.bytes, offset=record.offset)
    reservations = [
        {
            "kind": one.kind,
            "from": one.start.isoformat(),
            "until": None if one.revoked is None else one.revoked.isoformat(),
        }
        for one in person.reservations
    ]
    row = {"person_key": str(key), "reservations": reservations, "erased": person.erased}
    return {PERSONS.name: [row]}


def key_of(key: bytes) -> Row:
    """Return the primary key of a record key."""
    return {"person_key": str(key_as_uuid(key))}
