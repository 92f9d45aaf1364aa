"""What a right receiver does with a history of deliveries, from the flow pages alone.

It shares no code with the processor and knows no key, hash, topic or ledger: it keeps what each
system last said of each of its consultations, and looks anew at all of it for every question.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Content(NamedTuple):
    """A consultation. ``person``: by a national id, else None; ``minute``: None if unknown;
    ``second``: another national id of the person; ``local``: the unit's own."""

    person: str | None
    minute: int | None
    weight: int
    second: str | None = None
    local: str = "x"


class Item(NamedTuple):
    """What a delivery says of one consultation; ``rejected``: by some rule."""

    local_id: str
    operation: str
    content: Content
    rejected: bool = False


@dataclass(frozen=True)
class Sent:
    """A delivery. ``at``: when it was received; ``digest`` is the same if its content is."""

    unit: str
    system: str
    sequence: int
    digest: str
    extracted_at: int
    at: int
    items: tuple[Item, ...] = ()
    opens: bool = True
    hello: bool = False


class Receipt(NamedTuple):
    """The answer to a delivery."""

    status: str
    expected_sequence: int
    counts: dict[str, int]


@dataclass(frozen=True)
class Kept:
    """What a system has last said of a consultation; no content: it was deleted."""

    version: tuple[int, int]
    content: Content | None


@dataclass
class Reporting:
    """A unit's reporting from one system."""

    next_sequence: int = 1
    answered: dict[int, tuple[str, dict[str, int]]] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)
    began: int | None = None
    blocked: bool = False


@dataclass
class Model:
    """A receiver. ``newer`` settles which system is the newer if both began at once; ``born`` is
    the birth date that each national id tells."""

    newer: tuple[str, ...]
    remembers: int
    born: dict[str, int] = field(default_factory=dict)
    reporting: dict[tuple[str, str], Reporting] = field(default_factory=dict)
    kept: dict[tuple[str, str, str], Kept] = field(default_factory=dict)
    linked: dict[tuple[tuple[str, ...], frozenset[str]], bool] = field(default_factory=dict)
    """Whether a link stands, by what says so and the two ids; what an operator says is of ()."""
    called: dict[tuple[str, ...], set[str]] = field(default_factory=dict)
    """National ids under which a unit's system has reported one of its own persons."""
    reserved: set[str] = field(default_factory=set)
    """Who has reserved that weights are registered."""
    weights: dict[tuple[str, str, str], int | None] = field(default_factory=dict)
    """What is registered of each consultation, apart or not."""
    _shown: dict[tuple[str, str, str], tuple[str, Kept]] = field(default_factory=dict)

    def take(self, sent: Sent) -> Receipt:
        """Answer a delivery and remember what it says."""
        of = self.reporting.setdefault((sent.unit, sent.system), Reporting())
        if sent.hello:
            return Receipt("hello", of.next_sequence, {})
        if sent.sequence != of.next_sequence and sent.sequence not in of.skipped:
            status, counts = self._not_next(of, sent)
            return Receipt(status, of.next_sequence, counts)
        if not sent.opens:
            of.blocked = True
            return Receipt("refused", of.next_sequence, {})
        if of.began is None:
            of.began = sent.at
        counts = self._items(sent)
        of.answered[sent.sequence] = (sent.digest, counts)
        while len(of.answered) > self.remembers:
            del of.answered[next(iter(of.answered))]
        if sent.sequence == of.next_sequence:
            of.next_sequence, of.blocked = sent.sequence + 1, False
        of.skipped.discard(sent.sequence)
        self._register()
        return Receipt("processed", of.next_sequence, counts)

    def skip(self, unit: str, system: str, to: int) -> None:
        """An operator lets a unit go on at a later sequence."""
        of = self.reporting[unit, system]
        of.skipped.update(range(of.next_sequence, to))
        of.next_sequence, of.blocked = to, False

    def holder(self, unit: str, content: Content | None) -> str | None:
        """The system that holds a consultation: the newest of those that have it."""
        if content is None or content.person is None or content.minute is None:
            return None
        have = {
            system
            for (where, system, _), kept in self.kept.items()
            if where == unit and kept.content and kept.content[:2] == content[:2]
        }
        return max(have, key=lambda s: self._age(unit, s), default=None)

    def status(self, unit: str, system: str, local_id: str) -> str:
        """What stands in the register: live, deleted or superseded."""
        content = self.kept[unit, system, local_id].content
        if content is None:
            return "deleted"
        return "live" if self.holder(unit, content) in {None, system} else "superseded"

    def _register(self) -> None:
        """What follows from what has changed: weights as reserved now, links."""
        for key, kept in self.kept.items():
            before, now = self._shown.get(key), (self.status(*key), kept)
            if before == now:
                continue
            self._shown[key] = now
            content, is_said = kept.content, before is None or before[1] != kept
            if is_said:
                self.weights[key] = content.weight if content else None
                self._link(key, content)
            named = {content.person, content.second} if content else set()
            if named & self.reserved and (is_said or now[0] == "live"):
                self.weights[key] = None

    def _link(self, key: tuple[str, str, str], content: Content | None) -> None:
        for evidence, pair in self.linked:
            if evidence == key:
                self.linked[evidence, pair] = False
        ids = (content.person, content.second) if content else (None, None)
        if ids[0] and ids[1] and self.born.get(ids[0]) == self.born.get(ids[1]):
            self.linked[key, frozenset((ids[0], ids[1]))] = True
        if content and content.person:
            who = (*key[:2], "person", content.local)
            others = self.called.setdefault(who, set())
            others.add(content.person)
            for other in others - {content.person}:
                if self.born.get(other) == self.born.get(content.person):
                    self.linked[who, frozenset((other, content.person))] = True

    def _age(self, unit: str, system: str) -> tuple[int, int]:
        return self.reporting[unit, system].began or 0, self.newer.index(system)

    @staticmethod
    def _not_next(of: Reporting, sent: Sent) -> tuple[str, dict[str, int]]:
        if sent.sequence > of.next_sequence:
            return "out_of_order", {}
        if sent.sequence not in of.answered:
            return "too_old", {}
        digest, counts = of.answered[sent.sequence]
        return ("repeated", counts) if digest == sent.digest else ("sequence_reused", {})

    def _items(self, sent: Sent) -> dict[str, int]:
        before = dict(self.kept)
        deletes_first = sorted(sent.items, key=lambda item: item.operation != "delete")
        outcomes = Counter(self._item(sent, item) for item in deletes_first)
        for key, old in before.items():
            if self.kept[key] != old and self.kept[key].content == old.content:
                self.kept[key] = old  # taken away and brought again: nothing has changed
        return dict(outcomes)

    def _item(self, sent: Sent, item: Item) -> str:  # noqa: PLR0911 - one line a rule
        key, version = (sent.unit, sent.system, item.local_id), (sent.extracted_at, sent.sequence)
        known = self.kept.get(key)
        if item.rejected:
            return "rejected"
        if item.operation == "keep":
            return "duplicate"
        content = None if item.operation == "delete" else item.content
        if known and known.content == content:
            return "duplicate"
        if known and version < known.version:
            return "stale"
        self.kept[key] = Kept(version, content)
        if content is None:
            return "deleted"
        if self.holder(sent.unit, content) not in {None, sent.system}:
            return "superseded"
        return "corrected" if known and known.content else "accepted"
