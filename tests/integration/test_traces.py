"""Traces on a real stack: connector, worker and sink add to one trace of each delivery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kpr_stream.model.words import System
from kpr_stream.processor.lanes.traced import NAME as ANSWERED
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from tests.integration.at_work import at_work, command_line, wait_until
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.conftest import database as database  # noqa: PLC0414 - a fixture
from tests.integration.span_collector import SpanCollector, collecting_spans

GROUP: Final = "kpr-hst-traces"
SYSTEM: Final = System.EG_INFODOC


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpanCollector]:
    with collecting_spans() as found:
        monkeypatch.setenv("KPR_TRACES", "true")
        monkeypatch.setenv("KPR_TRACES_ENDPOINT", found.endpoint)
        yield found


async def test_a_delivery_is_one_trace_from_its_sender_to_its_rows(
    clean_stack: Settings,
    database: Database,
    collector: SpanCollector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KPR_OUTBOX_DIR", str(tmp_path / "outbox"))
    simulate(Plan(20, 1, 4), tmp_path / "exports")
    async with at_work(clean_stack, tmp_path, group=GROUP) as work:
        code, sent, errors = await command_line(
            clean_stack,
            *("connect", str(tmp_path / "exports" / SYSTEM), "--system", SYSTEM, "--json"),
        )
        assert code == 0, errors
        assert sent["items_sent"] > 0
        code, _, errors = await command_line(clean_stack, "sink", "content", "--until-caught-up")
        assert code == 0, errors
        await wait_until(lambda: collector.whole() > 0)
        receipts = [one for answers in work.receipts.answers.values() for one in answers]
    assert all(names.count(ANSWERED) <= 1 for names in collector.names.values())
    rows = await database.fetch("content_sink", "SELECT DISTINCT org_nr FROM content.consultation")
    units = {row["org_nr"] for row in rows} | {one["org_nr"] for one in receipts}
    assert units
    assert not any(unit.encode() in collector.raw for unit in units)
