"""Deciding in columns equals deciding item by item, over batches as vendors send them.

Wider than the histories of ``test_both_ways``: appointments beside consultations, several unknown
and known persons in one delivery, items without an id, units' own ids that move, stop marks,
releases that are stopped within a batch. Items pass through real frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, Final, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.dry_receiver.run_now import run_now
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.release import ReleaseLimits
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.effects import BatchEffects
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.pipeline import Decided
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from tests.support.both_ways import decide_both_ways, repeatable
from tests.support.deliveries import (
    NOW_MS,
    ORG_NR,
    OTHER_ORG_NR,
    appointment,
    consultation,
    source_record,
    synthetic_fh_number,
    synthetic_id,
)
from tests.support.receiver import Receiver, keys

BORN: Final = date(2024, 1, 20)
LATER: Final = date(2024, 1, 21)
START: Final = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
FNRS: Final = tuple(synthetic_id(BORN, n) for n in range(16))
DNRS: Final = tuple(synthetic_id(BORN, n, day_plus=40) for n in range(4))
FH: Final = synthetic_fh_number()
UNITS: Final = (ORG_NR, ORG_NR, ORG_NR, OTHER_ORG_NR)
SYSTEMS: Final = (*[System.VISMA_HSPRO] * 12, System.EG_INFODOC)
EXAMPLES: Final = 60
"""Each makes several real frames, which take longer than deciding."""
STRICT: Final = AdmissionPolicy(release_limits=ReleaseLimits(consecutive=2))

# Most persons come once or twice: an item is rarely plain where all speak of the same.
usual = st.sampled_from([{"fnr": fnr, "person_local_id": f"p-{n}"} for n, fnr in enumerate(FNRS)])
unusual = st.sampled_from(
    [
        *({"fnr": fnr} for fnr in FNRS[:4]),
        *({"fnr": FNRS[n], "dnr": dnr} for n, dnr in enumerate(DNRS, start=8)),
        *({"fnr": None, "dnr": dnr, "person_local_id": f"p-{n}"} for n, dnr in enumerate(DNRS)),
        {"fnr": None, "dnr": FH},
        *({"fnr": None, "person_local_id": f"p-{n}"} for n in (0, 1, 20, 21)),
        {"fnr": FNRS[1], "person_local_id": "p-0"},
        {"fnr": None},
    ]
)
persons = st.one_of(usual, usual, usual, unusual)
details = st.fixed_dictionaries(
    {},
    optional={
        "weight_g": st.sampled_from([4_000, 4_100, 30, None]),
        "birth_date": st.sampled_from([BORN, LATER, None]),
        "sex": st.sampled_from(["1", "2", "9", None]),
        "group_id": st.sampled_from(["g-1", "g-2"]),
        "practitioner_roles": st.sampled_from([[], ["LEGE"], ["LEGE", "HELSESYKEPLEIER"]]),
        "time_precision": st.sampled_from(["date", "minute"]),
        "person_local_id": st.sampled_from(["p-0", "p-1", "x" * 60]),
        "breastfeeding": st.sampled_from(["FULLAMMET", "æøå", None]),
    },
)


class Item(NamedTuple):
    """What decides how an item looks."""

    operation: str | None
    local_id: str | None
    minute: int | None
    person: dict[str, Any]
    details: dict[str, Any]

    def sent(self, message_type: MessageType) -> dict[str, Any]:
        """The item of a delivery."""
        start = None if self.minute is None else START + timedelta(minutes=self.minute)
        common = {"operation": self.operation, "start": start, "birth_date": BORN}
        said = common | {"person_local_id": None} | self.person | self.details
        if message_type == MessageType.CONSULTATION:
            return consultation(0, consultation_id=self.local_id, **said)
        fields = appointment(0)
        shared = {name: value for name, value in said.items() if name in _APPOINTMENT}
        return fields | shared | {"appointment_id": self.local_id}


_APPOINTMENT = {"operation", "start", "fnr", "dnr", "birth_date", "sex", "person_local_id"}

item_lists = st.lists(
    st.builds(
        Item,
        st.sampled_from([*["upsert"] * 18, "delete", "keep", "odd"]),
        st.sampled_from([*(f"k-{n}" for n in range(40)), None]),
        st.sampled_from([*range(12), 0, None]),
        persons,
        st.one_of(st.just({}), details),
    ),
    min_size=2,
    max_size=9,
)


class Sent(NamedTuple):
    """What decides how a delivery looks."""

    org_nr: str
    system: System
    message_type: MessageType
    items: list[Item]
    minutes_old: int
    is_broken: bool


deliveries = st.builds(
    Sent,
    st.sampled_from(UNITS),
    st.sampled_from(SYSTEMS),
    st.sampled_from([MessageType.CONSULTATION] * 3 + [MessageType.APPOINTMENT]),
    item_lists,
    st.sampled_from([1, 1, 1, 500]),
    st.sampled_from([False] * 12 + [True]),
)
histories = st.lists(st.lists(deliveries, min_size=1, max_size=4), min_size=2, max_size=4)


def _key(kind: IdKind, number: str) -> bytes:
    return keys().pseudonyms.person_key(kind, number)


RESERVED: Final = PersonRights((Reservation("weight", date(2017, 1, 1), None),))
RIGHTS: Final = (
    Rights(),
    Rights(0, {_key(IdKind.FNR, FNRS[0]): RESERVED}),
    Rights(0, {_key(IdKind.DNR, DNRS[0]): RESERVED}),
    Rights(0, {_key(IdKind.FNR, FNRS[2]): PersonRights(erased=True)}),
    Rights(
        0,
        {bytes(16): PersonRights(erased=True)},
        frozenset({keys().pseudonyms.stop_mark(IdKind.FNR, FNRS[3])}),
    ),
    Rights(
        0,
        {bytes(16): PersonRights(erased=True)},
        frozenset({keys().pseudonyms.stop_mark(IdKind.LOCAL, "p-1", ORG_NR, System.VISMA_HSPRO)}),
    ),
)
rights = st.sampled_from(RIGHTS)


class Sender:
    """Counts sequences and offsets."""

    def __init__(self) -> None:
        self._sequences: dict[tuple[str, System], int] = {}
        self._offsets: dict[System, int] = {}

    def records(self, batch: Sequence[Sent]) -> list[SourceRecord]:
        """Deliveries as they lie on their topics, topic after topic."""
        made = [self._record(one) for one in batch]
        return sorted(made, key=lambda record: record.topic_index)

    def _record(self, one: Sent) -> SourceRecord:
        unit, offset = (one.org_nr, one.system), self._offsets.get(one.system, 0)
        self._offsets[one.system] = offset + 1
        sequence = self._sequences.get(unit, 0) + 1
        self._sequences[unit] = sequence if not one.is_broken else sequence - 1
        at = NOW_MS + 1_000 * offset
        record = source_record(
            [item.sent(one.message_type) for item in one.items],
            system=one.system,
            org_nr=one.org_nr,
            sequence=sequence,
            message_type=one.message_type,
            received_at=at,
            offset=offset,
            extracted_at=datetime.fromtimestamp(at / 1000, UTC)
            - timedelta(minutes=one.minutes_old),
            item_count=len(one.items) + one.is_broken,
        )
        return replace(record, topic_index=SOURCE_TOPICS.index(delivery_topic(one.system)))


def _sent(
    *items: Item,
    org_nr: str = ORG_NR,
    system: System = System.VISMA_HSPRO,
    message_type: MessageType = MessageType.CONSULTATION,
) -> Sent:
    return Sent(org_nr, system, message_type, list(items), 1, is_broken=False)


def _item(local_id: str | None, person: int, minute: int | None = 0) -> Item:
    named = {"fnr": FNRS[person], "person_local_id": f"p-{person}"}
    return Item("upsert", local_id, minute, named, {})


_REFUSED: Final = (_item("k-1", 5, None), _item("k-2", 6, None))
DIRECTED: Final = (
    # Known again by the content: in one batch, and in the next.
    [[_sent(_item(None, 0)), _sent(_item("k-1", 0))]],
    [[_sent(_item(None, 0))], [_sent(_item("k-1", 0))]],
    # One item of each person who may have a right.
    [[_sent(*(_item(f"k-{n}", n, n) for n in range(4)))]],
    # A person who is named in another frame between two deliveries of the first.
    [
        [
            _sent(_item("k-1", 1)),
            _sent(_item("k-2", 2), message_type=MessageType.APPOINTMENT),
            _sent(_item("k-3", 2)),
        ]
    ],
    # The first delivery stops its release, the second is refused after all, the third is not.
    [
        [
            _sent(*_REFUSED),
            _sent(_item("k-3", 7)),
            _sent(_item("k-3", 7), org_nr=OTHER_ORG_NR, system=System.EG_INFODOC),
        ]
    ],
)
"""Histories that chance rarely makes."""


def decide_directed() -> None:
    """Decide every directed history both ways, under all rights."""
    for history, said, policy in product(DIRECTED, RIGHTS, (AdmissionPolicy(), STRICT)):
        decide_all(history, said, policy)


class BothWaysReceiver(Receiver):
    """A receiver that decides every batch both ways."""

    def take(self, *records: SourceRecord, effects: BatchEffects | None = None) -> Decided:
        """See Receiver."""
        return self.carry_through(
            run_now(
                decide_both_ways(
                    records,
                    ledger=self.store,
                    emitter=self.emitter,
                    effects=effects or self.effects(),
                )
            )
        )


def decide_all(
    history: Sequence[Sequence[Sent]], persons_rights: Rights, policy: AdmissionPolicy
) -> None:
    """Decide every batch both ways."""
    receiver, sender = BothWaysReceiver(persons_rights), Sender()
    receiver.emitter = replace(repeatable(receiver.emitter), policy=policy)
    for batch in history:
        receiver.take(*sender.records(batch))


policies = st.sampled_from([AdmissionPolicy(), AdmissionPolicy(), STRICT])


def test_both_ways_are_equal_where_chance_rarely_comes() -> None:
    decide_directed()


@settings(max_examples=EXAMPLES)
@given(histories, rights, policies)
def test_both_ways_are_equal(
    history: list[list[Sent]], persons_rights: Rights, policy: AdmissionPolicy
) -> None:
    decide_all(history, persons_rights, policy)
