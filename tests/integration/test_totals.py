"""The exact totals of the units' states, after workers have died between commit and count."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from kpr_stream.audit.balance import TOPICS_READ, Balance, outcomes_of
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.topics import UNIT, Role
from kpr_stream.model.unit import UnitState, counts_by_word
from kpr_stream.model.words import System
from kpr_stream.operate.newest import newest
from kpr_stream.settings import Settings
from tests.integration.at_work import at_work, units_of_lane
from tests.integration.killed_after_commit import DEATHS
from tests.support.deliveries import consultation

KILLED: Final = ("-m", "tests.integration.killed_after_commit")
SYSTEM: Final = System.EG_INFODOC
ROUNDS: Final = 3


@pytest.mark.long
async def test_totals_stay_exact_when_a_worker_dies_between_commit_and_count(
    clean_stack: Settings, tmp_path: Path
) -> None:
    units = [unit for lane in (1, 4) for unit in units_of_lane(lane, 2)]
    bad = consultation(7, consultation_id="bad", start=None)
    async with at_work(
        clean_stack, tmp_path, group="kpr-hst-totals", workers=2, command=KILLED
    ) as work:
        for sequence in range(1, ROUNDS + 1):
            sent = [
                work.vendors.delivery(
                    [consultation(sequence), bad] if sequence > 1 else [],
                    system=SYSTEM,
                    org_nr=unit,
                    sequence=sequence,
                )
                for unit in units
            ]
            await work.receipts.of(*await work.vendors.send(*sent))
        exits = [code for worker in work.workers for code in worker.exit_codes]
    assert len(exits) >= DEATHS, "no worker died between its commit and its count"

    balance = Balance()
    async for record in read_all(kafka_access(clean_stack, Role.ADMIN), TOPICS_READ):
        balance.add(record)
    states = await newest(kafka_access(clean_stack, Role.OPERATOR), UNIT, "unit_state")
    found = {state["org_nr"]: UnitState.from_record(state).totals for state in states}
    assert found.keys() == set(units)
    for unit, totals in found.items():
        assert counts_by_word(totals.items) == outcomes_of(balance, [(SYSTEM, unit)])
        assert (totals.processed, totals.empty, totals.refused) == (ROUNDS, 1, 0)
    assert balance.doubled == 0
