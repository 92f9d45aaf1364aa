"""Compares what is on the topics with what the model says, after every transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import product
from typing import Any

from kpr_stream.model import topics
from kpr_stream.model.header import HEADER_NAME, LedgerHeader, unpack
from kpr_stream.model.words import OUTCOMES, SYSTEMS
from kpr_stream.schemas import wire
from tests.property.state_machine.deliveries import (
    BIRTHS,
    LOCAL,
    UNITS,
    Delivery,
    local_id_of,
    person_key,
)
from tests.property.state_machine.lane import Topics
from tests.property.state_machine.model import Model, Receipt
from tests.support.deliveries import NOW_MS
from tests.support.receiver import keys

Read = tuple[LedgerHeader, bytes, dict[str, Any] | None]
NAMES = {
    topics.CONSULTATION: "consultation",
    topics.SUPERSEDED: "superseded",
    topics.UNIT: "unit_state",
    topics.IDENTITY_LINK: "identity_link",
    topics.QUARANTINE: "quarantined_item",
    **{topics.receipt_topic(system): "receipt" for system in SYSTEMS},
}


_PERSONS = {person_key(name).hex(): name for name in BIRTHS}


class Watch:
    """An assertion fails where the topics say something else than the model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.received: Counter[str] = Counter()
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self._seen: Counter[str] = Counter()
        self._versions: set[tuple[bytes, int, int, int]] = set()
        self._last: dict[str, dict[bytes, Read]] = defaultdict(dict)
        self._names: dict[bytes, tuple[str, ...]] = {
            keys().pseudonyms.local_person_key(*of, local_id_of(local)).hex().encode(): (
                *of,
                "person",
                local,
            )
            for of in product(UNITS, SYSTEMS)
            for local in LOCAL
        }
        self._rejected = 0

    def look(self, broker: Topics, taken: list[Delivery]) -> None:
        """After a transaction that settled these deliveries, in this order."""
        new = {topic: self._new(broker, topic) for topic in NAMES}
        receipts = [
            (header, value)
            for topic in NAMES
            if NAMES[topic] == "receipt"
            for header, _, value in new[topic]
        ]
        self._check_receipts(receipts, taken)
        self._check_links()
        self._check_versions(new[topics.CONSULTATION])
        self._check_register()
        self._check_units()
        assert self._seen[topics.QUARANTINE] == self._rejected, "the quarantine is another"

    def _new(self, broker: Topics, topic: str) -> list[Read]:
        found = []
        for record in broker.since(topic, self._seen[topic]):
            header = unpack(dict(record.headers)[HEADER_NAME])
            value = None if record.value is None else wire.decode(NAMES[topic], record.value)
            before = self._last[topic].get(record.key)
            if topic == topics.IDENTITY_LINK and before and before[2] and value:
                assert before[2]["withdrawn"] != value["withdrawn"], "a link was written again"
            found.append((header, record.key, value))
            self._last[topic][record.key] = found[-1]
        self._seen[topic] = len(broker.logs[topic])
        return found

    def _check_receipts(
        self, receipts: list[tuple[LedgerHeader, Any]], taken: list[Delivery]
    ) -> None:
        said = {(h.source_topic, h.source_offset): value for h, value in receipts}
        assert len(said) == len(receipts) == len(taken), "not one receipt for each delivery"
        for one in taken:
            right = self.model.take(one.sent)
            value = said[one.source.topic_index, one.source.offset]
            counts = {name: n for name, n in value["counts"].items() if n}
            assert Receipt(value["status"], value["expected_sequence"], counts) == right
            named = Counter(item["outcome"] for item in value["items"])
            if right.status == "processed":
                self.received[one.sent.unit] += len(one.sent.items)
                self.outcomes[one.sent.unit] += Counter(counts)
                self._rejected += counts.get("rejected", 0)
                assert {o: n for o, n in counts.items() if o != "accepted"} == {
                    o: n for o, n in named.items() if o != "accepted"
                }, "an item that was not plainly accepted is not named"
            for item in one.sent.items:
                of = (one.sent.unit, one.sent.system, item.local_id)
                self._names[keys().pseudonyms.consultation_key(*of).hex().encode()] = of
        for unit, received in self.received.items():
            assert received == sum(self.outcomes[unit][o] for o in OUTCOMES), "conservation"

    def _check_versions(self, written: list[Read]) -> None:
        for header, key, _ in written:
            version = (key, header.extracted_at, header.sequence, header.revision)
            assert version not in self._versions, "a version was written twice"
            self._versions.add(version)

    def _check_register(self) -> None:
        there = {}
        for key, (header, _, value) in self._last[topics.CONSULTATION].items():
            assert value is not None
            assert header.status.name.lower() == value["status"]
            version = (header.extracted_at - NOW_MS, header.sequence)
            there[self._names[key]] = (value["status"], version, value["weight_g"])
        right = {}
        for of, kept in self.model.kept.items():
            status = self.model.status(*of)
            weight = self.model.weights[of] if status == "live" else None
            right[of] = (status, kept.version, weight)
        assert there == right, "the register is another"
        apart = {}
        for key, (_, _, value) in self._last[topics.SUPERSEDED].items():
            if value is not None:
                clear = keys().superseded.open(value["sealed"], record_key=key)
                apart[self._names[key]] = wire.decode("consultation", clear)["weight_g"]
        assert apart == {
            of: self.model.weights[of]
            for of, kept in self.model.kept.items()
            if kept.content and self.model.status(*of) == "superseded"
        }, "what is kept apart is another"

    def _check_links(self) -> None:
        there: dict[tuple[tuple[str, ...], frozenset[str]], bool] = {}
        called: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for _, _, value in self._last[topics.IDENTITY_LINK].values():
            assert value is not None
            key = value["evidence_key"]
            said = self._names[key.encode()] if key else ()
            names = frozenset(_PERSONS.get(value[n], "") for n in ("person_key", "other_key"))
            if value["evidence"] == "local_id":
                called[said] |= names - {""}
            else:
                there[said, names] = not value["withdrawn"]
        assert there == self.model.linked, "the links are others"
        assert called == self.model.called, "a unit's own ids are others"

    def _check_units(self) -> None:
        for _, _, value in self._last[topics.UNIT].values():
            assert value is not None
            of = self.model.reporting[value["org_nr"], value["system"]]
            skipped = {n for gap in value["gaps"] for n in range(gap["first"], gap["last"] + 1)}
            assert (value["next_sequence"], value["blocked_reason"] is not None, skipped) == (
                of.next_sequence,
                of.blocked,
                of.skipped,
            ), "a unit's state is another"
