"""The state of one unit and system: the value of its record on ``kpr.hst.unit``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from operator import add
from typing import Any

from kpr_stream.model.coverage import Months, from_bytes, to_bytes
from kpr_stream.model.words import OUTCOMES, MessageType, Outcome, System

RECENT_DELIVERIES = 64
"""Repeats of older deliveries are answered too_old. No connector has more unanswered ones."""

Counts = tuple[int, ...]
"""Items by outcome, in the order of OUTCOMES."""

_OUTCOME_WORDS = tuple(outcome.value for outcome in OUTCOMES)

NO_COUNTS: Counts = (0,) * len(OUTCOMES)


def counts_by_word(counts: Counts) -> dict[str, int]:
    """Return counts as the record in a receipt."""
    return dict(zip(_OUTCOME_WORDS, counts, strict=True))


def count(outcomes: list[Outcome]) -> Counts:
    """Count outcomes, in the order of OUTCOMES."""
    return tuple(outcomes.count(outcome) for outcome in OUTCOMES)


@dataclass(frozen=True, slots=True)
class RecentDelivery:
    """A processed delivery, kept to answer its repeats; ``digest`` is a keyed hash."""

    sequence: int
    digest: bytes
    message_type: MessageType
    counts: Counts


@dataclass(frozen=True, slots=True)
class Gap:
    """First and last of the sequences that an operator let a unit skip; they may still come."""

    first: int
    last: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Exact counts of a unit and system, since the delivery of sequence ``counted_from``."""

    counted_from: int = 1
    processed: int = 0
    empty: int = 0
    refused: int = 0
    items: Counts = NO_COUNTS

    def with_delivery(self, counts: Counts) -> Totals:
        """Return the totals after a processed delivery."""
        return replace(
            self,
            processed=self.processed + 1,
            empty=self.empty + (not any(counts)),
            items=tuple(map(add, self.items, counts)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """The state of one unit and system. Times in ms since 1970."""

    org_nr: str
    system: System
    municipality_code: str = ""
    next_sequence: int = 1
    recent: tuple[RecentDelivery, ...] = ()
    blocked_since: int | None = None
    blocked_reason: str | None = None
    software_version: str | None = None
    last_delivery_at: int = 0
    rights_offset: int = -1
    gaps: tuple[Gap, ...] = ()
    paused_from: date | None = None
    paused_until: date | None = None
    agreed_from: date | None = None
    agreed_to: date | None = None
    first_delivery_at: int | None = None
    """Broker time of the first processed delivery. Of a unit's systems, the one that began later is
    the newer. Set only once, so that this order never changes."""
    last_processed_at: int | None = None
    """Broker time of the newest processed delivery: not of a refused one, nor of a hello."""
    last_content_at: int | None = None
    """The same of a processed delivery with items."""
    totals: Totals = field(default_factory=Totals)
    covered_months: Months = 0
    """Months since 2017 that the periods of the processed deliveries cover (``coverage.py``)."""

    @property
    def missing_sequences(self) -> int:
        """Return how many sequences it was let skip and has not delivered."""
        return sum(gap.last - gap.first + 1 for gap in self.gaps)

    def takes(self, sequence: int) -> bool:
        """Whether a delivery of this sequence is accepted: the next one, or a skipped one."""
        return sequence == self.next_sequence or self.in_gap(sequence)

    def taken(self, sequence: int) -> UnitState:
        """Return the state after an accepted delivery: one further, or with a smaller gap."""
        if sequence < self.next_sequence:
            return self.filled(sequence)
        return replace(self, next_sequence=sequence + 1)

    def in_gap(self, sequence: int) -> bool:
        """Whether a sequence was skipped and has not come since."""
        return any(gap.first <= sequence <= gap.last for gap in self.gaps)

    def skipped(self, to: int, *, at: int) -> UnitState:
        """Return the state that expects ``to`` next; the sequences between become a gap."""
        gap = Gap(self.next_sequence, to - 1, at)
        return replace(self, next_sequence=to, gaps=(*self.gaps, gap))

    def filled(self, sequence: int) -> UnitState:
        """Return the state after a skipped sequence was delivered."""
        return replace(self, gaps=tuple(part for gap in self.gaps for part in _less(gap, sequence)))

    def processed(
        self,
        delivery: RecentDelivery,
        *,
        municipality_code: str,
        software_version: str,
        at: int,
        months: Months,
    ) -> UnitState:
        """Return the state after a processed delivery: one further, or with a smaller gap.

        A unit whose next delivery is processed is not blocked any more. ``months``: what the
        delivery covers.
        """
        was_next = delivery.sequence == self.next_sequence
        return replace(
            self.taken(delivery.sequence),
            municipality_code=municipality_code,
            recent=(*self.recent, delivery)[-RECENT_DELIVERIES:],
            blocked_since=None if was_next else self.blocked_since,
            blocked_reason=None if was_next else self.blocked_reason,
            software_version=software_version,
            last_delivery_at=max(at, self.last_delivery_at),
            first_delivery_at=at if self.first_delivery_at is None else self.first_delivery_at,
            last_processed_at=max(at, self.last_processed_at or 0),
            last_content_at=max(at, self.last_content_at or 0)
            if any(delivery.counts)
            else self.last_content_at,
            totals=self.totals.with_delivery(delivery.counts),
            covered_months=self.covered_months | months,
        )

    def refused(self, reason: str, *, at: int) -> UnitState:
        """Return the state after a refused delivery: blocked, since the first refusal."""
        return replace(
            self,
            blocked_since=self.blocked_since if self.blocked_since is not None else at,
            blocked_reason=reason,
            last_delivery_at=max(at, self.last_delivery_at),
            totals=replace(self.totals, refused=self.totals.refused + 1),
        )

    def to_record(self) -> dict[str, Any]:
        """Return the Avro record ``UnitState``."""
        return {
            "org_nr": self.org_nr,
            "system": self.system.value,
            "municipality_code": self.municipality_code,
            "next_sequence": self.next_sequence,
            "recent": [
                {
                    "sequence": d.sequence,
                    "digest": d.digest,
                    "message_type": d.message_type.value,
                    "counts": list(d.counts),
                }
                for d in self.recent
            ],
            "blocked_since": self.blocked_since,
            "blocked_reason": self.blocked_reason,
            "software_version": self.software_version,
            "last_delivery_at": self.last_delivery_at,
            "rights_offset": self.rights_offset,
            "gaps": [{"first": g.first, "last": g.last, "since": g.since} for g in self.gaps],
            "paused_from": self.paused_from,
            "paused_until": self.paused_until,
            "agreed_from": self.agreed_from,
            "agreed_to": self.agreed_to,
            "first_delivery_at": self.first_delivery_at,
            "last_processed_at": self.last_processed_at,
            "last_content_at": self.last_content_at,
            "totals": asdict(self.totals) | {"items": list(self.totals.items)},
            "covered_months": to_bytes(self.covered_months),
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> UnitState:
        """Read the Avro record, with times as fastavro reads them (datetime) or in ms."""
        last_processed, totals = _progress(record)
        return cls(
            org_nr=record["org_nr"],
            system=System(record["system"]),
            municipality_code=record["municipality_code"],
            next_sequence=record["next_sequence"],
            recent=tuple(
                RecentDelivery(
                    d["sequence"],
                    d["digest"],
                    MessageType(d["message_type"]),
                    tuple(d["counts"]),
                )
                for d in record["recent"]
            ),
            blocked_since=millis(record["blocked_since"]),
            blocked_reason=record["blocked_reason"],
            software_version=record["software_version"],
            last_delivery_at=millis(record["last_delivery_at"]) or 0,
            rights_offset=record["rights_offset"],
            gaps=tuple(Gap(g["first"], g["last"], millis(g["since"]) or 0) for g in record["gaps"]),
            paused_from=record["paused_from"],
            paused_until=record["paused_until"],
            agreed_from=record["agreed_from"],
            agreed_to=record["agreed_to"],
            first_delivery_at=millis(record["first_delivery_at"]),
            last_processed_at=last_processed,
            last_content_at=millis(record["last_content_at"]),
            totals=totals,
            covered_months=from_bytes(record["covered_months"] or b""),
        )


def _progress(record: dict[str, Any]) -> tuple[int | None, Totals]:
    """Return the time of the newest processed delivery, and the totals.

    A state of an earlier release has neither. Its time is that of its last delivery of any kind,
    and its totals begin with the next one.
    """
    if record["totals"] is not None:
        totals = Totals(**{**record["totals"], "items": tuple(record["totals"]["items"])})
        return millis(record["last_processed_at"]), totals
    last = millis(record["last_delivery_at"]) if record["recent"] else None
    return last, Totals(counted_from=record["next_sequence"])


def _less(gap: Gap, sequence: int) -> tuple[Gap, ...]:
    """Return a gap without one sequence: none, one or two gaps."""
    if not gap.first <= sequence <= gap.last:
        return (gap,)
    parts = Gap(gap.first, sequence - 1, gap.since), Gap(sequence + 1, gap.last, gap.since)
    return tuple(part for part in parts if part.first <= part.last)


def millis(value: datetime | int | None) -> int | None:
    """Return milliseconds since 1970 of an Avro timestamp as fastavro reads it."""
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value


def unit_key(org_nr: str, system: System) -> bytes:
    """Return the record key on ``kpr.hst.unit``."""
    return f"{org_nr}/{system}".encode()
