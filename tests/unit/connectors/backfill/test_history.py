"""A backfill into a real outbox, without a broker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kpr_stream.connectors.backfill.history import Backfill
from kpr_stream.connectors.backfill.months import HistoryMonths
from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from tests.unit.connectors.exports import OTHER_UNIT, UNIT, consultation, unit, write
from tests.unit.connectors.outboxes import answer_to, opened, take, with_open_unit
from tests.unit.connectors.test_ingest import delivered, ingesting

HISTORY = HistoryMonths(date(2017, 1, 1), date(2017, 12, 31))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path / "outbox")
    for org_nr in (UNIT, OTHER_UNIT):
        with_open_unit(found, org_nr)
    yield found
    found.close()


def export(folder: Path, number: int, month: str, org_nr: str = UNIT, code: str = "1601") -> None:
    of_unit = unit(consultation(f"{month}-1"), org_nr=org_nr) | {"kommuneNr": code, "bydelNr": None}
    name = f"{number:06}_HST_Konsultasjon_{month}_20260201T040000Z.json"
    write(folder / org_nr, [of_unit], name)


def backfill(outbox: Outbox, folder: Path) -> Backfill:
    return Backfill(history=HISTORY, ingest=ingesting(outbox, folder), outbox=outbox)


async def test_months_are_kept_oldest_first_with_their_municipality(
    outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    for number, month in enumerate(("2017-03", "2017-02", "2017-01", "2016-12", "2018-01"), 1):
        export(folder, number, month)
    one = backfill(outbox, folder)
    assert await one.read() == []
    found = delivered(outbox)
    assert [delivery["period_from"].month for delivery in found] == [1, 2, 3]
    assert {delivery["municipality_code"] for delivery in found} == {"1601"}
    # The unit's own municipality, which the next hello names, stays that of today.
    assert outbox.municipality_of(UNIT) == "0301"
    assert one.read_through


async def test_files_count_when_they_are_answered_and_a_second_run_reads_none_again(
    outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    for number, month in enumerate(("2017-01", "2017-02"), 1):
        export(folder, number, month)
    one = backfill(outbox, folder)
    await one.read()
    state = one.state()
    assert (state.months_done, state.months, state.files_done, state.files) == (2, 2, 0, 2)
    first, second = take(outbox)
    apply_receipts(outbox, [answer_to(first)], {})
    assert (one.state().files_done, one.state().items_answered) == (1, 1)
    again = backfill(outbox, folder)
    await again.read()
    state = again.state()
    # The first is done and no work of this run; the second still waits for its answer.
    assert (state.files_done, state.items_answered) == (1, 0)
    assert 0 < state.bytes_done < state.bytes
    apply_receipts(outbox, [answer_to(second)], {})
    state = again.state()
    assert (state.files_done, state.bytes_done, state.month) == (2, state.bytes, None)
    assert outbox.unanswered() == (0, 0)


async def test_a_folder_that_stops_is_left_out_of_the_later_months(
    outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    for number, month in enumerate(("2017-01", "2017-02", "2017-03"), 1):
        export(folder, number, month)
        export(folder, number, month, OTHER_UNIT)
    bad = next((folder / UNIT).glob("*_2017-02_*"))
    bad.write_text("[{", "utf-8")
    (error,) = await backfill(outbox, folder).read()
    assert bad.name in error.message
    sent = [(one["org_nr"], one["period_from"].month) for one in delivered(outbox)]
    months = {which: [month for of, month in sent if of == which] for which in (UNIT, OTHER_UNIT)}
    assert months == {UNIT: [1], OTHER_UNIT: [1, 2, 3]}
