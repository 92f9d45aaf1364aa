"""A connector before a real worker: its disk is wiped, or one of its items is bad."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.audit.balance import outcomes_of
from kpr_stream.audit.rows import compare
from kpr_stream.keys.access import keyring
from kpr_stream.model import topics
from kpr_stream.model.words import System
from kpr_stream.simulate.small.generate import Plan, simulate
from tests.faults.harness.cluster import Stack
from tests.faults.harness.connector_life import ConnectorLife, read_received, working
from tests.integration.at_work import command_line
from tests.support.stack import fresh_topics, keep_versions
from tests.unit.connectors.exports import UNIT, consultation, unit, write

ITEMS, BAD = 10_000, 4321
CORRECTED = "000002_HST_Konsultasjon_2025-02_20250301T040000Z.json"


@pytest.fixture
def empty(stack: Stack) -> Stack:
    """The stack with empty topics that keep every version."""
    fresh_topics(stack.settings)
    keep_versions(stack.settings, topics.CONSULTATION)
    keep_versions(stack.settings, topics.APPOINTMENT)
    return stack


@pytest.mark.long
@pytest.mark.parametrize("system", [System.CGM_HELSESTASJON, System.HELSEPLATTFORMEN])
async def test_a_connector_whose_disk_is_wiped_resumes_by_hello(
    empty: Stack, tmp_path: Path, system: System
) -> None:
    exports = tmp_path / "exports"
    simulate(Plan(600, 3, 8, fhir=True), exports)
    life = ConnectorLife(empty.settings, system, exports / system, tmp_path / "life")
    with working(empty.settings, tmp_path):
        life.export(new_unit=True)
        if len(life.waiting) > 1:
            life.export(new_unit=True)
            life.export(new_unit=False)
        await life.recover()
        # Sent and not answered: the wiped disk knows nothing of them.
        life.export(new_unit=False)
        await life.die_at("acknowledged delivery")
        shutil.rmtree(life.outbox.parent)
        # The EPJ exports again what it had: nobody knows any more what was sent.
        life.export_again()
        await life.recover()
        life.export_the_rest()
        await life.recover()
    received = await read_received(empty.settings)
    assert received.holes == []
    assert received.books.doubled == 0
    lines = map(json.loads, (exports / "truth.jsonl").read_text("utf-8").splitlines())
    wanted = [line for line in lines if line["system"] == system]
    compared = compare(wanted, received.held, keyring(empty.settings).pseudonyms)
    assert compared.equal, compared
    assert compared.compared > 50


@pytest.mark.long
async def test_one_bad_item_in_10_000_is_one_precise_error(empty: Stack, tmp_path: Path) -> None:
    system = System.EG_INFODOC
    items = [consultation(f"{70_000 + n}") for n in range(ITEMS)]
    del items[BAD]["datoTid"]
    file = write(tmp_path / "exports" / UNIT, [unit(*items)])
    life = ConnectorLife(empty.settings, system, tmp_path / "exports", tmp_path / "life")
    life.export_the_rest()
    with working(empty.settings, tmp_path):
        await life.recover()
        code, error = await only_error(life)
        received = await read_received(empty.settings)
        found = outcomes_of(received.books, [(system, UNIT)])
        # The EPJ corrects the consultation and exports it again.
        write(life.inbox / UNIT, [unit(consultation(f"{70_000 + BAD}"))], CORRECTED)
        await life.recover()
    assert (found["accepted"], found["rejected"]) == (ITEMS - 1, 1)
    assert sum(found.values()) == ITEMS
    assert code == 1
    assert (error["org_nr"], error["outcome"]) == (UNIT, "rejected")
    assert error["file"].endswith(file.name)
    assert error["place"] == f"/0/konsultasjon/{BAD}"
    assert (error["field"], error["rule"]) == ("/start", "START_MISSING")
    assert error["text_en"]
    assert error["text_no"]
    assert await only_error(life) == (0, None)


async def only_error(life: ConnectorLife) -> tuple[int, Any]:
    """Return the exit code of ``connect errors``, and the error that it lists, if any."""
    code, listed, messages = await command_line(
        life.stack,
        *("connect", "errors", "--system", life.system, "--json"),
        KPR_OUTBOX_DIR=str(life.outbox.parent),
    )
    assert messages == ""
    assert len(listed["errors"]) <= 1
    return code, next(iter(listed["errors"]), None)
