"""A FHIR snapshot gives everything each time; the connector sends what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.source.fhir_folder import FhirFolder
from kpr_stream.errors import KprError
from kpr_stream.settings import Settings
from tests.unit.connectors.exports import OTHER_UNIT, UNIT
from tests.unit.connectors.fhir import resources as fhir
from tests.unit.connectors.fhir.resources import encounter, organization, patient, weight
from tests.unit.connectors.outboxes import answer_to, opened, take, with_open_unit
from tests.unit.connectors.test_ingest import delivered, ingesting, items_of

Sent = list[tuple[str, str, str]]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path / "outbox")
    for unit in (UNIT, OTHER_UNIT):
        with_open_unit(found, unit)
    yield found
    found.close()


def snapshot(folder: Path, number: int, *resources: dict[str, Any]) -> Path:
    name = f"{number:06}_FHIR_2025-01_202502{number:02}T040000Z"
    write = fhir.write_bundle if number % 2 else fhir.write_lines
    both = (organization(), organization(OTHER_UNIT), patient(), *resources)
    return write(folder, *both, name=name)


async def ingest(outbox: Outbox, folder: Path, **more: Any) -> list[KprError]:
    source = FhirFolder(folder, fhir.rules(), fhir.KEY, synthetic_units=True)
    usual: dict[str, Any] = {"source": source, "settings": Settings()}
    return await ingesting(outbox, folder, **usual | more).all_series()


def new(outbox: Outbox) -> Sent:
    """What is sent now: unit, operation and id of every item; an empty delivery has none."""
    return [
        (one["org_nr"], item["operation"], item["consultation_id"])
        for one in sorted(delivered(outbox), key=lambda one: (one["org_nr"], one["sequence"]))
        for item in items_of(one) or [{"operation": "quiet", "consultation_id": ""}]
    ]


async def test_only_what_changed_is_sent(outbox: Outbox, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    visits = [encounter(id=f"e-{n}") for n in range(3)]
    snapshot(folder, 1, *visits)
    assert await ingest(outbox, folder) == []
    assert new(outbox) == [(UNIT, "upsert", f"e-{n}") for n in range(3)]
    snapshot(folder, 2, *visits)
    await ingest(outbox, folder)
    assert new(outbox) == [(UNIT, "quiet", "")]
    snapshot(folder, 3, *visits, weight(encounter={"reference": "Encounter/e-1"}))
    await ingest(outbox, folder)
    assert new(outbox) == [(UNIT, "upsert", "e-1")]
    snapshot(folder, 4, encounter(id="e-0", meta={"versionId": "2"}), visits[2])
    await ingest(outbox, folder)
    assert new(outbox) == [(UNIT, "upsert", "e-0")], "e-1 is absent, which deletes nothing"


async def test_entered_in_error_deletes_once(outbox: Outbox, tmp_path: Path) -> None:
    snapshot(tmp_path, 1, encounter())
    await ingest(outbox, tmp_path)
    new(outbox)
    for number, expected in ((2, [(UNIT, "delete", "e-1")]), (3, [(UNIT, "quiet", "")])):
        snapshot(tmp_path, number, encounter(status="entered-in-error"))
        await ingest(outbox, tmp_path)
        assert new(outbox) == expected


@pytest.mark.parametrize(
    "gone",
    [
        {"request": {"method": "DELETE", "url": "Encounter/e-1"}},
        encounter(status="entered-in-error", serviceProvider=None, subject=None),
    ],
)
async def test_a_deletion_without_a_unit_goes_where_the_resource_was_sent(
    outbox: Outbox, tmp_path: Path, gone: dict[str, Any]
) -> None:
    there = encounter(id="e-1", serviceProvider={"reference": f"Organization/o-{OTHER_UNIT}"})
    snapshot(tmp_path, 1, there, encounter(id="e-2"))
    await ingest(outbox, tmp_path)
    new(outbox)
    snapshot(tmp_path, 3, encounter(id="e-2"), gone)
    await ingest(outbox, tmp_path)
    assert (OTHER_UNIT, "delete", "e-1") in new(outbox)
    snapshot(tmp_path, 5, encounter(id="e-2"), gone)
    await ingest(outbox, tmp_path)
    assert new(outbox) == [(UNIT, "quiet", "")]


async def test_a_deletion_of_what_was_never_sent_is_reported(
    outbox: Outbox, tmp_path: Path
) -> None:
    snapshot(tmp_path, 1, encounter(), {"request": {"method": "DELETE", "url": "Encounter/e-9"}})
    left_out: list[LeftOut] = []
    assert await ingest(outbox, tmp_path, on_left_out=left_out.append) == []
    (one,) = left_out
    assert "names no unit" in one.problem
    assert one.pointer == "/entry/4"
    assert new(outbox) == [(UNIT, "upsert", "e-1")]


async def test_an_encounter_that_moves_is_deleted_in_its_earlier_unit(
    outbox: Outbox, tmp_path: Path
) -> None:
    snapshot(tmp_path, 1, encounter())
    await ingest(outbox, tmp_path)
    new(outbox)
    snapshot(tmp_path, 2, encounter(serviceProvider={"reference": f"Organization/o-{OTHER_UNIT}"}))
    await ingest(outbox, tmp_path)
    assert new(outbox) == [(UNIT, "delete", "e-1"), (OTHER_UNIT, "upsert", "e-1")]


async def test_a_unit_that_is_rebuilt_gets_its_resources_again(
    outbox: Outbox, tmp_path: Path
) -> None:
    snapshot(tmp_path, 1, encounter())
    await ingest(outbox, tmp_path)
    for one in take(outbox):
        apply_receipts(outbox, [answer_to(one)], {0: one.sequence})
    snapshot(tmp_path, 2, encounter(), encounter(id="e-2"))
    await ingest(outbox, tmp_path)
    assert new(outbox) == [(UNIT, "upsert", "e-2")]
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.STOPPED, "WHY")
    assert outbox.rebuild_unit(UNIT)
    with_open_unit(outbox, UNIT, at=2)
    await ingest(outbox, tmp_path)
    assert new(outbox) == [(UNIT, "upsert", "e-2")]
    await ingest(outbox, tmp_path, resend=True)
    assert [one for one in new(outbox) if one[1] == "upsert"] == [
        (UNIT, "upsert", "e-1"),
        (UNIT, "upsert", "e-1"),
        (UNIT, "upsert", "e-2"),
    ]


async def test_an_interrupted_snapshot_is_carried_on_with(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpr_stream.connectors.fhir.snapshot.CHUNK_ITEMS", 2)
    snapshot(tmp_path, 1, *(encounter(id=f"e-{n}") for n in range(5)))
    real, calls = outbox.keep, []

    def broken(*args: Any, **more: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise OverflowError
        real(*args, **more)

    monkeypatch.setattr(outbox, "keep", broken)
    (error,) = await ingest(outbox, tmp_path)
    assert "OverflowError" in error.message
    assert [item[2] for item in new(outbox)] == ["e-0", "e-1"]
    assert await ingest(outbox, tmp_path) == []
    assert [item[2] for item in new(outbox)] == ["e-2", "e-3", "e-4"]


async def test_a_snapshot_that_cannot_be_read_sends_nothing(outbox: Outbox, tmp_path: Path) -> None:
    path = snapshot(tmp_path, 1, encounter())
    path.write_bytes(path.read_bytes()[:-3])
    snapshot(tmp_path, 2, encounter())
    (error,) = await ingest(outbox, tmp_path)
    assert "cut off" in error.message
    assert new(outbox) == []


@pytest.mark.parametrize(
    "name", ["bundle.json", "000001_HST_Konsultasjon_2025-01_20250201T040000Z.json", "x.ndjson"]
)
async def test_another_name_is_refused(outbox: Outbox, tmp_path: Path, name: str) -> None:
    snapshot(tmp_path, 1, encounter()).rename(tmp_path / name)
    (error,) = await ingest(outbox, tmp_path)
    assert "is not one of a FHIR snapshot" in error.message
