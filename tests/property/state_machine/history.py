"""A history: deliveries made up, lost workers, moved lanes. Hypothesis chooses what happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kpr_stream.model import unit
from kpr_stream.model.command import CommandKind
from kpr_stream.model.topics import COMMAND, SOURCE_TOPICS
from kpr_stream.model.words import System
from kpr_stream.processor.state.memory import MemoryLedger
from kpr_stream.rights.table import PersonRights, Reservation
from tests.property.state_machine import deliveries
from tests.property.state_machine.deliveries import SYSTEMS, UNITS, Delivery
from tests.property.state_machine.lane import COMMITTED, STEPS, Crash, Lane
from tests.property.state_machine.model import Content, Item, Model, Sent
from tests.property.state_machine.watch import Watch
from tests.support.commands import command_record
from tests.support.receiver import emitter

REMEMBERS: Final = 3
"""Instead of 64: what is too old would else take 65 deliveries to see."""
MOST_ITEMS: Final = 4
MOST_RECORDS: Final = 6
RESERVING: Final = ("P", "Q", "D")
BEGAN: Final = date(2017, 1, 1)
COMMAND_INDEX: Final = SOURCE_TOPICS.index(COMMAND)

# Not evenly: what is interesting happens where several speak of the same.
pairs = st.tuples(
    st.sampled_from([UNITS[0], UNITS[0], UNITS[0], UNITS[0], UNITS[1]]),
    st.sampled_from([*SYSTEMS[:2], *SYSTEMS[:2], SYSTEMS[2]]),
)
consultations = st.builds(
    Content,
    st.sampled_from(["P", "P", "P", "P", "P", "P", "Q", "D", "E", None]),
    st.sampled_from([0, 0, 0, 0, 1, None]),
    st.sampled_from(deliveries.WEIGHTS),
    st.sampled_from([None, None, None, "D"]),
    st.sampled_from(["x", "x", "x", "x", "y"]),
).map(lambda c: c if c.person in {"P", "Q"} else c._replace(second=None))
upserts = st.builds(
    Item,
    st.sampled_from(["a", "a", "a", "b", "c"]),
    st.just("upsert"),
    consultations,
    st.just(value=False),
)
others = st.sampled_from([i for i in deliveries.items() if i.operation != "upsert" or i.rejected])
item_lists = st.lists(st.one_of(upserts, upserts, others), max_size=MOST_ITEMS)
ages = st.sampled_from([0, 0, 0, 1, 3, 10])
"""How long before its sending something was extracted."""


class History(RuleBasedStateMachine):
    """Every rule is something that happens to a receiver."""

    in_frames = False
    """Whether the items of a delivery are in a frame, as those of a worker are."""

    def __init__(self) -> None:
        super().__init__()
        self.restore, unit.RECENT_DELIVERIES = unit.RECENT_DELIVERIES, REMEMBERS
        self.made: dict[tuple[int, int], Delivery] = {}
        self.lane = self.make_lane()
        self.model = Model(tuple(System), REMEMBERS, deliveries.BIRTHS)
        self.watch = Watch(self.model)
        self.workers = [self.lane.ledger, MemoryLedger()]
        self.clock = 0
        self.sequences: dict[tuple[str, System], int] = {}
        self.kept: dict[tuple[str, System, int], Sent] = {}

    def make_lane(self) -> Lane:
        """The lane whose decisions are compared with the model."""
        return Lane(emitter(), self._open)

    def teardown(self) -> None:
        """Settle all that waits, and see that a cold rebuild knows the same."""
        try:
            self._settle_all()
            self._compare_with_cold()
        finally:
            unit.RECENT_DELIVERIES = self.restore

    @initialize()
    def begin(self) -> None:
        """Open the lane."""
        self.lane.open(self.workers[0])

    @rule(
        of=pairs,
        items=item_lists,
        age=ages,
        opens=st.sampled_from([True] * 9 + [False]),
        alone=st.booleans(),
    )
    def deliver(
        self,
        of: tuple[str, System],
        items: list[Item],
        age: int,
        opens: bool,  # noqa: FBT001
        alone: bool,  # noqa: FBT001
    ) -> None:
        """The next delivery of a unit and system; it may be settled at once."""
        self._deliver(of, items, age=age, opens=opens)
        if alone:
            self._settle_all()

    def _deliver(
        self, of: tuple[str, System], items: list[Item], *, age: int = 0, opens: bool = True
    ) -> None:
        sequence = self.sequences.get(of, 1)
        self._send(of, sequence, tuple(items), age=age, opens=opens)
        if opens:
            self.sequences[of] = sequence + 1

    @precondition(lambda self: self.model.kept)
    @rule(data=st.data(), what=st.sampled_from(["delete", "same", "both", "heavier"]))
    def say_again(self, data: st.DataObject, what: str) -> None:
        """Something more about a consultation that is known."""
        *of, local_id = data.draw(st.sampled_from(sorted(self.model.kept)))
        kept = self.model.kept[of[0], of[1], local_id].content or deliveries.contents()[0]
        delete = Item(local_id, "delete", deliveries.contents()[0])
        upsert = Item(local_id, "upsert", kept)
        heavier = upsert._replace(content=kept._replace(weight=deliveries.WEIGHTS[-1]))
        items = {
            "delete": [delete],
            "same": [upsert],
            "both": [upsert, delete],
            "heavier": [heavier],
        }[what]
        self._deliver((of[0], System(of[1])), items)
        self._settle_all()

    @precondition(lambda self: self.model.kept)
    @rule(
        data=st.data(),
        person=st.sampled_from(["P", "P", "Q"]),
        second=st.sampled_from(deliveries.SECOND),
        local=st.sampled_from(deliveries.LOCAL),
    )
    def link(self, data: st.DataObject, person: str, second: str | None, local: str) -> None:
        """A consultation that is known, or the next, names its person by other ids."""
        *of, local_id = data.draw(st.sampled_from(sorted(self.model.kept)))
        kept = self.model.kept[of[0], of[1], local_id].content or deliveries.contents()[0]
        said = kept._replace(person=person, second=second, local=local)
        self._deliver((of[0], System(of[1])), [Item(local_id, "upsert", said)])

    @rule(ids=st.sampled_from([("P", "D"), ("P", "Q"), ("P", "E")]), stands=st.booleans())
    def say_of_link(self, ids: tuple[str, str], stands: bool) -> None:  # noqa: FBT001
        """An operator withdraws a link, or takes that back."""
        one, other = (deliveries.person_key(name).hex() for name in ids)
        kind = CommandKind.RESTORE_LINK if stands else CommandKind.WITHDRAW_LINK
        said = (), frozenset(ids)
        if self.model.linked.get(said, True) != stands:
            self.model.linked[said] = stands
        self._command(kind, person_key=one, other_key=other)

    @precondition(lambda self: self.model.kept)
    @rule(
        data=st.data(),
        to=st.sampled_from(SYSTEMS),
        goes=st.booleans(),
        reserves=st.booleans(),
    )
    def change_system(
        self,
        data: st.DataObject,
        to: System,
        goes: bool,  # noqa: FBT001
        reserves: bool,  # noqa: FBT001
    ) -> None:
        """Another system of the unit reports a consultation that is known, and may delete it; its
        person may have reserved something meanwhile."""
        key = data.draw(st.sampled_from(sorted(self.model.kept)))
        content = self.model.kept[key].content or deliveries.contents()[0]
        self._deliver((key[0], to), [Item("c", "upsert", content)])
        self._settle_all()
        who = content.second or content.person
        if reserves and who in RESERVING:
            self._reserve(who, lifted=False)
        if goes:
            self._deliver((key[0], to), [Item("c", "delete", deliveries.contents()[0])])
            self._settle_all()

    @rule(person=st.sampled_from(RESERVING), lifted=st.booleans())
    def reserve(self, person: str, lifted: bool) -> None:  # noqa: FBT001
        """Somebody reserves that weights are registered, or revokes that."""
        self._reserve(person, lifted=lifted)

    def _reserve(self, person: str, *, lifted: bool) -> None:
        self.model.reserved -= {person}
        self.model.reserved |= set() if lifted else {person}
        revoked = deliveries.START.date() if lifted else None
        rights = self.lane.emitter.rights
        right = PersonRights((Reservation("weight", BEGAN, revoked),))
        persons = {**rights.persons, deliveries.person_key(person): right}
        changed = replace(rights, offset=rights.offset + 1, persons=persons)
        self.lane.emitter = replace(self.lane.emitter, rights=changed)

    @rule(of=pairs, ahead=st.integers(1, 2), items=item_lists)
    def deliver_too_early(self, of: tuple[str, System], ahead: int, items: list[Item]) -> None:
        """One that leaves some out; the sender comes back to them."""
        self._send(of, self.sequences.get(of, 1) + ahead, tuple(items))

    @rule(of=pairs, back=st.integers(1, 5), same=st.booleans(), items=item_lists)
    def deliver_again(
        self,
        of: tuple[str, System],
        back: int,
        same: bool,  # noqa: FBT001
        items: list[Item],
    ) -> None:
        """An earlier sequence, with its content or with another."""
        sequence = self.sequences.get(of, 1) - back
        if sequence < 1:
            return
        before = self.kept.get((*of, sequence))
        if same and before is not None:
            self._append(before)
        else:
            self._send(of, sequence, tuple(items), note=False)

    @rule(of=pairs)
    def greet(self, of: tuple[str, System]) -> None:
        """A connector that lost its outbox asks where to go on."""
        self._append(Sent(*of, 0, "", self.clock, self.clock, hello=True))

    @rule()
    def wait(self) -> None:
        """Time passes."""
        self.clock += 1

    @rule(
        topics=st.permutations(range(len(SOURCE_TOPICS))),
        count=st.integers(1, MOST_RECORDS),
        crash_at=st.one_of(st.none(), st.none(), st.sampled_from(STEPS)),
    )
    def work(self, topics: list[int], count: int, crash_at: int | None) -> None:
        """A transaction over what waits, in some order of topics, to its end or to a step."""
        self._work(topics, count, crash_at)

    @rule(of=pairs, by=st.integers(1, 2))
    def skip(self, of: tuple[str, System], by: int) -> None:
        """An operator lets a unit go on without what is missing."""
        self._settle_all()
        reporting = self.model.reporting.get(of)
        if reporting is None or reporting.began is None:
            return
        to = reporting.next_sequence + by
        self.model.skip(*of, to)
        self._command(CommandKind.UNBLOCK, of, skip_to=str(to))
        self.sequences[of] = max(self.sequences.get(of, 1), to)

    @rule(worker=st.integers(0, 1))
    def rebalance(self, worker: int) -> None:
        """Another worker, or the same again, opens the lane with the ledger it has."""
        self.lane.open(self.workers[worker])

    @rule()
    def restore_cold(self) -> None:
        """A worker that has lost its disk opens the lane."""
        self.workers[0] = self._compare_with_cold()

    @precondition(lambda self: self.lane.topics.logs)
    @rule(data=st.data())
    def compact(self, data: st.DataObject) -> None:
        """The broker compacts a topic."""
        topic = data.draw(st.sampled_from(sorted(self.lane.topics.logs)))
        if ".receipt." not in topic:
            self.lane.topics.compact(topic)

    def _command(
        self, kind: CommandKind, of: tuple[str, System] | None = None, **arguments: str
    ) -> None:
        offset = len(self.lane.sources[COMMAND_INDEX])
        fields = {"system": of[1].value if of else None, "arguments": arguments}
        record = command_record(kind, offset, org_nr=of[0] if of else None, fields=fields)
        self.lane.sources[COMMAND_INDEX].append(record)
        self.lane.work([record])
        self.watch.look(self.lane.topics, [])

    def _send(
        self,
        of: tuple[str, System],
        sequence: int,
        items: tuple[Item, ...],
        *,
        age: int = 0,
        opens: bool = True,
        note: bool = True,
    ) -> None:
        digest = repr((items, sequence, self.clock, age))
        sent = Sent(*of, sequence, digest, self.clock - age, self.clock, items, opens)
        if note and opens:
            self.kept[*of, sequence] = sent
        self._append(sent)

    def _append(self, sent: Sent) -> None:
        index = list(System).index(System(sent.system))
        offset = len(self.lane.sources[index])
        made = deliveries.delivery(sent, offset=offset, attempt=offset + 1, in_frame=self.in_frames)
        self.made[index, offset] = made
        self.lane.sources[index].append(made.source)

    def _open(self, source: Any) -> Any:
        made = self.made[source.topic_index, source.offset]
        return made.arrived, made.opened

    def _work(self, order: list[int], count: int, crash_at: int | None) -> None:
        records = [r for index in order for r in self.lane.waiting(index)[:2]][:count]
        if not records:
            return
        before = dict(self.lane.topics.committed)
        try:
            taken = self.lane.work(records, crash_at)
        except Crash:
            committed = self.lane.topics.committed
            taken = sum(r.offset < committed[SOURCE_TOPICS[r.topic_index]] for r in records)
            assert (taken > 0) == (crash_at is not None and crash_at >= COMMITTED), "it was half"
            assert taken or committed == before
            self.lane.open(self.lane.ledger)
        settled = [self.made[r.topic_index, r.offset] for r in records[:taken]]
        self.watch.look(self.lane.topics, settled)

    def _settle_all(self) -> None:
        everywhere = range(len(SOURCE_TOPICS))
        while any(self.lane.waiting(index) for index in everywhere):
            self._work(list(everywhere), MOST_RECORDS, None)

    def _compare_with_cold(self) -> MemoryLedger:
        warm, cold = self.lane.ledger, MemoryLedger()
        self.lane.open(warm)
        self.lane.open(cold)
        assert cold.entries == warm.entries, "a cold rebuild remembers something else"
        return cold
