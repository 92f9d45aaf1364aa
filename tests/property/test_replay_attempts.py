"""Replays over histories with refused, early and repeated attempts: only those taken count."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any, Final

import fastavro
from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.unit import millis
from kpr_stream.model.words import System
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from kpr_stream.schemas.catalogue import schema
from tests.support.commands import command_record
from tests.support.deliveries import NOW_MS, appointment, consultation, source_record
from tests.support.examples import examples
from tests.support.receiver import Receiver, keys

SYSTEMS: Final = (System.VISMA_HSPRO, System.EG_INFODOC)
REFUSED: Final = ("no agreement", "stopped", "early", "broken", "other content")
VERSION: Final = "1.0"
UNTIL: Final = NOW_MS + 10**9
MAKE: Final = {"consultation": consultation, "appointment": appointment}

items = st.lists(
    st.builds(
        lambda n, change: (n, change),
        st.integers(1, 3),
        st.sampled_from(["", "", "", "corrected", "delete", "rejected"]),
    ),
    max_size=3,
)
deliveries = st.lists(
    st.tuples(
        st.sampled_from([SYSTEMS[0], SYSTEMS[0], SYSTEMS[1]]),
        st.sampled_from(["consultation", "consultation", "appointment"]),
        items,
        st.lists(st.sampled_from(REFUSED), max_size=2),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=5,
)


class Sender:
    """Sends deliveries of one unit; every attempt comes a minute after the one before."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self.next = dict.fromkeys(SYSTEMS, 1)
        self.attempts = self.commands = 0
        self.came: dict[str, int] = {}
        """Broker time of the attempt that each delivery was taken from."""

    def deliver(
        self, system: System, kind: str, contents: list[Any], refused: list[str], repeats: int
    ) -> None:
        """Send one delivery: some attempts that are refused, the one that is taken, repeats."""
        sequence = self.next[system]
        made = [_item(kind, n, change) for n, change in contents]
        first = NOW_MS + self.attempts * 60_000
        fields: dict[str, Any] = {
            "system": system,
            "message_type": kind,
            "sequence": sequence,
            "software_version": VERSION,
            "extracted_at": first,
        }
        for why in refused:
            self._refused(why, made, fields)
        sequence = fields["sequence"]
        taken = self._attempt(made, fields)
        assert self._take(taken) == "processed"
        for _ in range(repeats):
            assert self._take(self._attempt(made, fields)) == "repeated"
        self.came[f"{system}/{sequence}"] = taken.received_at
        self.next[system] = sequence + 1

    def replay(self, system: System) -> dict[str, int]:
        """Replay all deliveries of a system; return the counts."""
        arguments = {"from_ms": "0", "until_ms": str(UNTIL)}
        result = self._order(CommandKind.REPLAY, system, arguments)
        counts: dict[str, int] = result["counts"]
        return counts

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the newest cleaned record of every key."""
        return {
            record[f"{name}_key"]: record
            for topic, name in (
                (topics.CONSULTATION, "consultation"),
                (topics.APPOINTMENT, "appointment"),
            )
            for record in self.receiver.read(topic, name)
        }

    def _refused(self, why: str, made: list[dict[str, Any]], fields: dict[str, Any]) -> None:
        system, to = fields["system"], self.receiver
        match why:
            case "no agreement":
                to.emitter = replace(to.emitter, policy=AdmissionPolicy(agreement_required=True))
                assert self._take(self._attempt(made, fields)) == "refused"
                to.emitter = replace(to.emitter, policy=AdmissionPolicy())
            case "stopped":
                release = {"software_version": VERSION}
                self._order(CommandKind.STOP_RELEASE, system, release)
                assert self._take(self._attempt(made, fields)) == "refused"
                self._order(CommandKind.RESUME_RELEASE, system, release)
            case "early":
                # An empty delivery takes the place before it, after it was sent.
                empty = {**fields}
                fields["sequence"] += 1
                assert self._take(self._attempt(made, fields)) == "out_of_order"
                assert self._take(self._attempt([], empty)) == "processed"
            case "broken":
                broken = {**fields, "content_digest": bytes(32)}
                assert self._take(self._attempt(made, broken)) == "refused"
            case _:
                to.emitter = replace(to.emitter, policy=AdmissionPolicy(agreement_required=True))
                more = [*made, _item(fields["message_type"], 4, "")]
                assert self._take(self._attempt(more, fields)) == "refused"
                to.emitter = replace(to.emitter, policy=AdmissionPolicy())

    def _attempt(self, made: list[dict[str, Any]], fields: dict[str, Any]) -> SourceRecord:
        self.attempts += 1
        at = NOW_MS + self.attempts * 60_000
        clear = _payload(fields["message_type"], made)
        return source_record(made, received_at=at, offset=self.attempts, payload=clear, **fields)

    def _take(self, record: SourceRecord) -> str:
        (decided,) = self.receiver.take(record).deliveries
        return decided.status.value

    def _order(self, kind: CommandKind, system: System, arguments: dict[str, str]) -> Any:
        self.commands += 1
        fields = {"org_nr": None, "system": system.value, "arguments": arguments}
        at = NOW_MS + (self.attempts + 1) * 60_000
        result = self.receiver.order(command_record(kind, self.commands, at=at, fields=fields))
        assert result
        assert result["status"] == "done", result
        return result


def _payload(kind: str, made: list[dict[str, Any]]) -> bytes:
    """Make the same bytes for the same items, as a sender that sends again does."""
    out = io.BytesIO()
    parsed = schema(f"{kind}_item").parsed
    fastavro.writer(out, parsed, made, codec="deflate", sync_marker=bytes(16))
    return out.getvalue()


def _item(kind: str, n: int, change: str) -> dict[str, Any]:
    changes: dict[str, dict[str, Any]] = {
        "": {},
        "corrected": {"attendance": "IKKE_MOTT"},
        "delete": {"operation": "delete"},
        "rejected": {"start": None},
    }
    return MAKE[kind](n, **changes[change])


def _reserve(to: Receiver) -> None:
    """Reserve everybody's weight: every live consultation differs when judged again."""
    persons = {
        keys().pseudonyms.person_key(IdKind.FNR, consultation(n)["fnr"]): PersonRights(
            (Reservation("weight", date(2017, 1, 1), None),)
        )
        for n in range(1, 5)
    }
    to.emitter = replace(to.emitter, rights=Rights(5, persons))


@settings(max_examples=examples(40), deadline=None)
@given(deliveries)
def test_a_replay_under_the_same_rules_changes_nothing(history: list[Any]) -> None:
    sender = Sender()
    for one in history:
        sender.deliver(*one)
    before = sender.state()
    for system in SYSTEMS:
        assert "changed" not in sender.replay(system)
    assert sender.state() == before


@settings(max_examples=examples(40), deadline=None)
@given(deliveries)
def test_a_replay_keeps_the_time_of_the_attempt_that_was_taken_and_settles(
    history: list[Any],
) -> None:
    sender = Sender()
    for one in history:
        sender.deliver(*one)
    before = sender.state()
    _reserve(sender.receiver)
    for system in SYSTEMS:
        sender.replay(system)
    after = sender.state()
    assert {key: record["received_at"] for key, record in after.items()} == {
        key: record["received_at"] for key, record in before.items()
    }
    reserved = [r for r in after.values() if r["status"] == "live" and "weight_g" in r]
    assert not any(record["weight_g"] for record in reserved), "a record was left out"
    for record in after.values():
        if record["status"] == "live":
            assert (
                millis(record["received_at"])
                == sender.came[f"{record['system']}/{record['sequence']}"]
            )
    for system in SYSTEMS:
        assert "changed" not in sender.replay(system)
    assert sender.state() == after
