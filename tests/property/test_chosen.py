"""Every delivery that is the next of its unit when it is decided was chosen for decryption.

The choice is made before it is known which deliveries open. So batches are made up in which some do
not, and their corrections, later ones, repeats, gaps and hellos follow in the same batch.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpr_stream.errors import LaneError
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.processor.decide import batch as module
from kpr_stream.processor.decide import delivery as deciding
from kpr_stream.processor.decide.batch import choose, choose_more, decide_deliveries
from kpr_stream.processor.decide.delivery import source_id
from kpr_stream.processor.emit.states import unit_record
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.intake.sequence import Verdict, is_next, place_in_sequence
from kpr_stream.processor.state.entries import unit_entry_key
from kpr_stream.processor.state.memory import MemoryLedger
from tests.property.state_machine.deliveries import SYSTEMS, UNITS, delivery
from tests.property.state_machine.model import Sent
from tests.support.deliveries import source_record
from tests.support.examples import examples
from tests.support.receiver import emitter

BATCHES = examples(1_500)
POLICY = AdmissionPolicy()
NEXT_BEFORE = 3
"""The sequence that each unit expects when a batch begins; 2 is a gap."""

sent = st.builds(
    lambda of, sequence, opens, hello: Sent(
        of[0], of[1], 0 if hello else sequence, f"{of}{sequence}", 0, 0, (), opens, hello
    ),
    st.sampled_from([(UNITS[0], SYSTEMS[0]), (UNITS[0], SYSTEMS[0]), (UNITS[1], SYSTEMS[1])]),
    st.sampled_from([1, 2, 2, 3, 3, 3, 4, 4, 5, 6]),
    st.booleans(),
    st.sampled_from([False] * 9 + [True]),
)
batches = st.lists(sent, min_size=1, max_size=12)


def ledger() -> MemoryLedger:
    """Two units that wait for the same sequence, and one that an operator skipped."""
    memory, source = MemoryLedger(), source_record()
    for org_nr, system in ((UNITS[0], SYSTEMS[0]), (UNITS[1], SYSTEMS[1])):
        state = UnitState(org_nr=org_nr, system=system, next_sequence=2).skipped(NEXT_BEFORE, at=0)
        value = unit_record(emitter(), source, state).value
        assert value is not None
        memory.write({unit_entry_key(unit_key(org_nr, system)): value})
    return memory


def decide(batch: list[Sent]) -> None:
    """Choose, prepare exactly what was chosen, and decide."""
    made = [delivery(one, offset=n, attempt=1) for n, one in enumerate(batch)]
    results = {source_id(one.source): one.opened for one in made}
    arrived, known = [one.arrived for one in made], ledger()
    chosen = {source_id(one.source) for one in choose_more(arrived, known, POLICY)}
    assert chosen >= {source_id(one.source) for one in choose(arrived, known, POLICY)}
    prepared = {key: result for key, result in results.items() if key in chosen}
    decide_deliveries(arrived, prepared, known, emitter())


def test_what_is_next_when_it_is_decided_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: Counter[str] = Counter()

    def counting(state: UnitState, envelope: Any, digest_hash: Any) -> Verdict:
        verdict = place_in_sequence(state, envelope, digest_hash)
        counted["deliveries"] += 1
        counted["next"] += verdict.is_next
        # The unit waits for this one although an earlier delivery of the batch was to be it.
        counted["next again"] += verdict.is_next and state.blocked_since is not None
        return verdict

    monkeypatch.setattr(deciding, "place_in_sequence", counting)

    @settings(max_examples=BATCHES, database=None, suppress_health_check=list(HealthCheck))
    @given(batches)
    def run(batch: list[Sent]) -> None:
        decide(batch)

    run()
    # Not vacuously: many were next, and many only because one before them was refused.
    assert counted["next"] > BATCHES
    assert counted["next again"] > BATCHES / 10


def test_a_delivery_that_is_next_and_was_not_chosen_stops_the_lane_and_refuses_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, again = (Sent(UNITS[0], SYSTEMS[0], 3, "d", 0, 0, (), opens) for opens in (False, True))
    decide([first, again])
    monkeypatch.setattr(UnitState, "in_gap", lambda *_: False)

    def only_once(state: UnitState, envelope: Any) -> bool:
        return is_next(state, envelope) and state.next_sequence == NEXT_BEFORE

    monkeypatch.setattr(module, "is_next", only_once)
    with pytest.raises(LaneError, match="was not chosen"):
        decide([first, again, Sent(UNITS[0], SYSTEMS[0], 4, "e", 0, 0)])
