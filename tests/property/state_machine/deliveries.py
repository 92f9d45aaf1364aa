"""Deliveries as the model and the processor are told of them: the same things, twice.

Items are read, judged and enriched by the processor's frame stage once for all histories.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final

from kpr_stream.model.delivery import (
    Arrived,
    DeliveryRefused,
    Envelope,
    Prepared,
    PreparedItem,
    SourceRecord,
)
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import Cause, MessageType, System
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.items.framed import FrameItems
from kpr_stream.reference import load_reference
from tests.property.state_machine.model import Content, Item, Sent
from tests.support.deliveries import (
    NOW_MS,
    ORG_NR,
    OTHER_ORG_NR,
    consultation,
    opened,
    synthetic_id,
)
from tests.support.receiver import keys

UNITS: Final = (ORG_NR, OTHER_ORG_NR)
SYSTEMS: Final = (System.VISMA_HSPRO, System.EG_INFODOC, System.CGM_HELSESTASJON)
LOCAL_IDS: Final = ("a", "b", "c")
BORN: Final = date(2024, 1, 20)
BORN_LATER: Final = date(2024, 1, 21)
START: Final = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
PERSONS: Final[dict[str, dict[str, str | None]]] = {
    "P": {"fnr": synthetic_id(BORN, 0)},
    "Q": {"fnr": synthetic_id(BORN, 1)},
    "D": {"fnr": None, "dnr": synthetic_id(BORN, 2, day_plus=40)},
    "E": {"fnr": None, "dnr": synthetic_id(BORN_LATER, 3, day_plus=40)},
    "": {"fnr": None},
}
"""Who an item is about; the last has no national id."""
BIRTHS: Final = {"P": 0, "Q": 0, "D": 0, "E": 1}
SECOND: Final = (None, "D", "E")
"""What one who has a fødselsnummer may be called, too; the last was born on another day."""
LOCAL: Final = ("x", "y")
MINUTES: Final = (0, 1, None)
WEIGHTS: Final = (4000, 4100)


@dataclass(frozen=True)
class Delivery:
    """One delivery for both sides."""

    sent: Sent
    source: SourceRecord
    arrived: Arrived
    opened: Prepared | DeliveryRefused


def contents() -> list[Content]:
    """Every consultation that a history may speak of."""
    return [
        Content(person or None, minute, weight, second, local)
        for person in PERSONS
        for minute in MINUTES
        for weight in WEIGHTS
        for second in (SECOND if person in {"P", "Q"} else (None,))
        for local in LOCAL
    ]


def delivery(sent: Sent, *, offset: int, attempt: int, in_frame: bool = False) -> Delivery:
    """A delivery as it lies on its topic at ``offset``."""
    system = System(sent.system)
    source = SourceRecord(
        topic_index=list(System).index(system),
        partition=0,
        offset=offset,
        received_at=NOW_MS + sent.at,
        key=sent.unit.encode(),
        value=None,
    )
    envelope = Envelope(
        delivery_id="11111111-1111-4111-8111-111111111111",
        attempt=attempt,
        message_type=MessageType.HELLO if sent.hello else MessageType.CONSULTATION,
        contract_version="1",
        system=system,
        software_version="1.0",
        org_nr=sent.unit,
        municipality_code="0301",
        district_code=None,
        sequence=sent.sequence,
        extracted_at=NOW_MS + sent.extracted_at,
        item_count=len(sent.items),
        content_digest=sha256(sent.digest.encode()).digest(),
        encryption=None,
        payload=b"",
    )
    arrived = Arrived(source, envelope)
    items: Sequence[PreparedItem]
    if in_frame and sent.items:
        items = framed(sent.items)
    else:
        items = tuple(replace(prepared(i), index=n) for n, i in enumerate(sent.items))
    fine = Prepared(arrived, items)
    broken = DeliveryRefused(source, Cause.DIGEST_MISMATCH, envelope)
    return Delivery(sent, source, arrived, fine if sent.opens else broken)


def local_id_of(local: str) -> str:
    """What a unit's system calls one of its persons."""
    return f"p-{local}"


def person_key(name: str) -> bytes:
    """The key of one of PERSONS with a national id."""
    said = PERSONS[name]
    kind = IdKind.FNR if said["fnr"] else IdKind.DNR
    return keys().pseudonyms.person_key(kind, said[kind.value] or "")


def prepared(item: Item) -> PreparedItem:
    """An item as the frame stage gives it."""
    return _prepared()[item]


def framed(items: Sequence[Item]) -> FrameItems:
    """Items in a frame of their own."""
    every, row_of = _every_item()
    rows = [row_of[item] for item in items]
    return FrameItems(every.framed.take(rows, range(len(rows))), 0, len(rows))


def items() -> Iterable[Item]:
    """Every item there can be."""
    for local_id in LOCAL_IDS:
        for content in contents():
            yield Item(local_id, "upsert", content)
        nothing = contents()[0]
        yield Item(local_id, "delete", nothing)
        yield Item(local_id, "keep", nothing)
        yield Item(local_id, "upsert", nothing, rejected=True)


@cache
def _prepared() -> dict[Item, PreparedItem]:
    every, row_of = _every_item()
    return {item: every[row] for item, row in row_of.items()}


@cache
def _every_item() -> tuple[FrameItems, dict[Item, int]]:
    wanted = list(items())
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    (ready,) = prepare([opened([_as_sent(item) for item in wanted])], context)
    assert isinstance(ready, Prepared)
    assert [i.rejected for i in ready.items] == [i.rejected for i in wanted]
    assert isinstance(ready.items, FrameItems)
    return ready.items, {item: row for row, item in enumerate(wanted)}


def _as_sent(item: Item) -> dict[str, Any]:
    content = item.content
    minute = content.minute or 0
    return consultation(
        1,
        consultation_id=item.local_id,
        operation=item.operation,
        start=None if item.rejected else START + timedelta(minutes=minute),
        time_precision="date" if content.minute is None else "minute",
        weight_g=content.weight,
        birth_date=BORN_LATER if content.person == "E" else BORN,
        person_local_id=local_id_of(content.local),
        **PERSONS[content.person or ""],
        **({"dnr": PERSONS[content.second]["dnr"]} if content.second else {}),
    )
