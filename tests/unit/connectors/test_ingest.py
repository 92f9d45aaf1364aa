from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kpr_stream.connectors.delivery.seal import with_attempt
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.ingest import Ingest
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.unmapped import UnmappedCode
from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.source.export_folder import ExportFolder
from kpr_stream.connectors.source.in_process import InProcess
from kpr_stream.connectors.summary import summary
from kpr_stream.connectors.tidy import Tidy
from kpr_stream.errors import KprError, UnforeseenError
from kpr_stream.keys.envelope import EncryptedPayload, associated_data, content_digest, decrypt
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.words import System
from kpr_stream.schemas import wire
from kpr_stream.settings import FilesWhenDone, Settings
from tests.support.poll import HANGING_S
from tests.unit.connectors.exports import (
    FNR,
    NAME,
    OTHER_UNIT,
    UNIT,
    consultation,
    unit,
    write,
)
from tests.unit.connectors.outboxes import answer_to, opened, take, with_open_unit
from tests.unit.connectors.source.test_in_process import ITEM, submission

SECOND = "000002_HST_Konsultasjon_2025-02_20250301T040000Z.json"
THIRD = "000003_HST_Konsultasjon_2025-03_20250401T040000Z.json"
# 2048 bits are quick to make; the length makes no difference here.
SECRET = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path / "outbox")
    yield found
    found.close()


def ingesting(outbox: Outbox, folder: Path, **more: Any) -> Ingest:
    usual: dict[str, Any] = {
        "source": ExportFolder(folder, synthetic_profile(System.VISMA_HSPRO), synthetic_units=True),
        "settings": Settings(delivery_max_items=2),
    }
    return Ingest(
        system=System.VISMA_HSPRO,
        outbox=outbox,
        key=PublicKey("key-1", SECRET.public_key()),
        changed=asyncio.Condition(),
        on_file=lambda: None,
        **usual | more,
    )


async def ingest(outbox: Outbox, folder: Path, **more: Any) -> list[KprError]:
    return await ingesting(outbox, folder, **more).all_series()


def delivered(outbox: Outbox) -> list[dict[str, Any]]:
    return [wire.decode("delivery", with_attempt(o.record, o.attempt)) for o in take(outbox)]


def items_of(delivery: dict[str, Any]) -> list[Any]:
    names = ("org_nr", "system", "sequence", "delivery_id", "message_type", "contract_version")
    clear = decrypt(
        EncryptedPayload(ciphertext=delivery["payload"], **delivery["encryption"]),
        private_keys={"key-1": SECRET},
        bound_to=associated_data(**{name: delivery[name] for name in names}),
    )
    assert content_digest(clear) == delivery["content_digest"]
    return list(fastavro.reader(io.BytesIO(clear)))


async def test_a_file_becomes_numbered_encrypted_deliveries(outbox: Outbox, tmp_path: Path) -> None:
    deletions = [{"konsultasjonId": "k-1", "erSlettet": True}]
    upserts = [consultation("k-1"), consultation("k-2")]
    write(tmp_path / "in", [unit(*upserts, deletions=deletions), unit(org_nr=OTHER_UNIT)])
    with_open_unit(outbox, at=5)
    with_open_unit(outbox, OTHER_UNIT)
    assert await ingest(outbox, tmp_path / "in") == []
    found = sorted(delivered(outbox), key=lambda one: (one["org_nr"], one["sequence"]))
    assert [(one["org_nr"], one["sequence"], one["item_count"]) for one in found] == [
        (UNIT, 5, 2),
        (UNIT, 6, 1),
        (OTHER_UNIT, 1, 0),
    ]
    assert [(i["operation"], i["consultation_id"]) for one in found for i in items_of(one)] == [
        ("delete", "k-1"),
        ("upsert", "k-1"),
        ("upsert", "k-2"),
    ]
    assert {one["attempt"] for one in found} == {1}
    assert len({one["encryption"]["wrapped_key"] for one in found}) == 3


async def test_done_files_are_not_sent_again_unless_asked(outbox: Outbox, tmp_path: Path) -> None:
    write(tmp_path / "in", [unit(consultation())])
    with_open_unit(outbox)
    await ingest(outbox, tmp_path / "in")
    await ingest(outbox, tmp_path / "in")
    assert [one["sequence"] for one in delivered(outbox)] == [1]
    await ingest(outbox, tmp_path / "in", resend=True)
    (again,) = delivered(outbox)
    assert again["sequence"] == 2
    assert again["extracted_at"].isoformat() == "2025-02-01T04:00:00+00:00"


async def test_a_bad_file_stops_its_own_series_after_what_came_before(
    outbox: Outbox, tmp_path: Path
) -> None:
    for name in (UNIT, OTHER_UNIT):
        with_open_unit(outbox, name)
        write(tmp_path / "in" / name, [unit(consultation(), org_nr=name)])
        write(tmp_path / "in" / name, [unit(consultation(), org_nr=name)], THIRD)
    bad = [unit(consultation()), unit(org_nr="1")]
    path = write(tmp_path / "in" / UNIT, bad, SECOND)
    (error,) = await ingest(outbox, tmp_path / "in")
    assert "/1/orgNr" in error.message
    assert {(one["org_nr"], one["sequence"]) for one in delivered(outbox)} == {
        (UNIT, 1),
        (OTHER_UNIT, 1),
        (OTHER_UNIT, 2),
    }
    write(path.parent, [unit()], SECOND)
    assert await ingest(outbox, tmp_path / "in") == []
    assert {(one["org_nr"], one["sequence"]) for one in delivered(outbox)} == {(UNIT, 2), (UNIT, 3)}


async def test_reading_waits_for_the_answer_to_hello(outbox: Outbox, tmp_path: Path) -> None:
    write(tmp_path / "in", [unit(consultation())])
    changed = asyncio.Condition()
    task = asyncio.create_task(
        Ingest(
            source=ExportFolder(
                tmp_path / "in", synthetic_profile(System.VISMA_HSPRO), synthetic_units=True
            ),
            system=System.VISMA_HSPRO,
            outbox=outbox,
            key=PublicKey("key-1", SECRET.public_key()),
            settings=Settings(),
            changed=changed,
            on_file=lambda: None,
        ).all_series()
    )
    async with changed, asyncio.timeout(HANGING_S):
        await changed.wait_for(outbox.has_new_units)
    assert delivered(outbox) == []
    with_open_unit(outbox, at=12)
    async with changed:
        changed.notify_all()
    async with asyncio.timeout(HANGING_S):
        assert await task == []
    assert [one["sequence"] for one in delivered(outbox)] == [12]


async def test_a_unit_whose_hello_is_refused_keeps_no_other_from_sending(
    outbox: Outbox, tmp_path: Path
) -> None:
    write(tmp_path / "in", [unit(consultation()), unit(consultation(), org_nr=OTHER_UNIT)])
    with_open_unit(outbox, OTHER_UNIT)
    outbox.add_unit(UNIT, "0301")
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "WHY")
    assert await ingest(outbox, tmp_path / "in") == []
    assert [one["org_nr"] for one in delivered(outbox)] == [OTHER_UNIT]
    assert outbox.rebuild_unit(UNIT)
    with_open_unit(outbox)
    assert await ingest(outbox, tmp_path / "in") == []
    assert [one["org_nr"] for one in delivered(outbox)] == [UNIT]


def series_of_two(folder: Path, bad: object) -> None:
    """A folder a unit; the file of the first unit is bad."""
    write(folder / UNIT, bad)
    write(folder / OTHER_UNIT, [unit(consultation(), org_nr=OTHER_UNIT)])


async def test_a_file_of_the_future_or_of_before_2017_stops_its_own_series(
    outbox: Outbox, tmp_path: Path
) -> None:
    for name in (UNIT, OTHER_UNIT):
        with_open_unit(outbox, name)
    for at in ("20160101T000000Z", "20990101T000000Z"):
        write(tmp_path / UNIT, [unit(consultation())], NAME.replace("20250201T040000Z", at))
    write(tmp_path / OTHER_UNIT, [unit(consultation(), org_nr=OTHER_UNIT)])
    (error,) = await ingest(outbox, tmp_path)
    assert "before 2017" in error.message
    assert [one["org_nr"] for one in delivered(outbox)] == [OTHER_UNIT]
    (tmp_path / UNIT / NAME.replace("20250201T040000Z", "20160101T000000Z")).unlink()
    (error,) = await ingest(outbox, tmp_path)
    assert "in the future" in error.message


async def test_an_item_that_no_delivery_carries_is_left_out_alone(
    outbox: Outbox, tmp_path: Path
) -> None:
    large = consultation("k-2", lokalKonsultasjonType="x" * RECEIVER.item_bytes)
    deletions = [{"konsultasjonId": "k-0", "erSlettet": True}]
    write(
        tmp_path,
        [
            unit(consultation("k-1"), large, consultation("k-3"), deletions=deletions),
            unit(consultation("k-4"), org_nr=OTHER_UNIT),
        ],
    )
    for name in (UNIT, OTHER_UNIT):
        with_open_unit(outbox, name)
    left_out: list[LeftOut] = []
    assert await ingest(outbox, tmp_path, on_left_out=left_out.append) == []
    found = sorted(delivered(outbox), key=lambda one: (one["org_nr"], one["sequence"]))
    ids = [item["consultation_id"] for one in found for item in items_of(one)]
    assert ids == ["k-0", "k-1", "k-3", "k-4"]
    assert [(one.part, one.pointer) for one in left_out] == [("item", "/0/konsultasjon/1")]
    assert f"the limit is {RECEIVER.item_bytes}" in left_out[0].message


async def test_an_odd_district_and_an_odd_software_version_are_reported_and_all_is_sent(
    outbox: Outbox, tmp_path: Path
) -> None:
    write(tmp_path, '{"softwareVersion": "\\ud800"}', "export.json")
    write(tmp_path, [unit(consultation()) | {"bydelNr": "sentrum"}])
    with_open_unit(outbox)
    left_out: list[LeftOut] = []
    assert await ingest(outbox, tmp_path, on_left_out=left_out.append) == []
    (sent,) = delivered(outbox)
    assert (sent["software_version"], sent["district_code"]) == ("unknown", None)
    assert [one.pointer for one in left_out] == ["", "/0/bydelNr"]


def failing_at(monkeypatch: pytest.MonkeyPatch, local_id: str) -> None:
    """Let the mapping of one consultation fail in a way that nobody has foreseen."""
    real = mapping.upsert_mapper

    def mapper(kind: Any, profile: Any) -> Any:
        def broken(source: Any) -> Any:
            if source["konsultasjonId"] == local_id:
                raise ZeroDivisionError(FNR)
            return real(kind, profile)(source)

        return broken

    monkeypatch.setattr(mapping, "upsert_mapper", mapper)


async def test_what_nobody_foresaw_stops_its_own_unit_and_is_tried_again(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [unit(consultation("bad")), unit(consultation("k-2"), org_nr=OTHER_UNIT)]
    write(tmp_path, both)
    write(tmp_path, [unit(consultation("k-3")), unit(org_nr=OTHER_UNIT)], SECOND)
    for name in (UNIT, OTHER_UNIT):
        with_open_unit(outbox, name)
    left_out: list[LeftOut] = []
    with monkeypatch.context() as broken:
        failing_at(broken, "bad")
        assert await ingest(outbox, tmp_path, on_left_out=left_out.append) == []
    sent = delivered(outbox)
    assert [(one["org_nr"], one["sequence"]) for one in sent] == [(OTHER_UNIT, 1), (OTHER_UNIT, 2)]
    (one,) = left_out
    assert (one.part, one.pointer) == ("unit", "/0")
    assert "ZeroDivisionError at " in one.problem
    assert FNR not in one.message
    assert isinstance(one.cause, UnforeseenError)
    assert await ingest(outbox, tmp_path) == []
    found = sorted(delivered(outbox), key=lambda one: one["sequence"])
    ids = [item["consultation_id"] for one in found for item in items_of(one)]
    assert ids == ["bad", "k-3"]


async def test_what_nobody_foresaw_in_a_file_stops_its_own_series(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (UNIT, OTHER_UNIT):
        with_open_unit(outbox, name)
        write(tmp_path / name, [unit(consultation(), org_nr=name)])
    real = read.units_of

    def broken(
        file: read.ExportFile, data: bytes, *, synthetic_units: bool
    ) -> list[read.UnitExport]:
        if UNIT in str(file.path):
            raise OverflowError(FNR)
        return real(file, data, synthetic_units=synthetic_units)

    monkeypatch.setattr(read, "units_of", broken)
    (error,) = await ingest(outbox, tmp_path)
    assert isinstance(error, UnforeseenError)
    assert error.exit_code == 70
    assert "OverflowError at " in error.message
    assert NAME in error.message
    assert FNR not in str(error)
    assert [one["org_nr"] for one in delivered(outbox)] == [OTHER_UNIT]


async def test_a_pipe_and_a_folder_among_the_files_stop_their_own_series(
    outbox: Outbox, tmp_path: Path
) -> None:
    with_open_unit(outbox, OTHER_UNIT)
    series_of_two(tmp_path, "[]")
    (tmp_path / UNIT / NAME).unlink()
    os.mkfifo(tmp_path / UNIT / NAME)
    (tmp_path / "third" / NAME).mkdir(parents=True)
    messages = sorted(error.message for error in await ingest(outbox, tmp_path))
    assert ["named pipe" in one for one in messages] == [True, False]
    assert "folder" in messages[1]
    assert [one["org_nr"] for one in delivered(outbox)] == [OTHER_UNIT]


async def test_a_folder_whose_name_is_no_text(outbox: Outbox, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"unit-\xff")
    write(folder, [unit(consultation())])
    with_open_unit(outbox)
    assert await ingest(outbox, tmp_path) == []
    assert len(delivered(outbox)) == 1


async def test_a_file_is_put_away_when_it_is_answered_and_a_bad_one_with_its_reason(
    outbox: Outbox, tmp_path: Path
) -> None:
    path = write(tmp_path, [unit(consultation())])
    bad = write(tmp_path, "[{", SECOND)
    last = write(tmp_path, [unit()], THIRD)
    with_open_unit(outbox)
    tidy = Tidy(FilesWhenDone.MOVE)
    (error,) = await ingest(outbox, tmp_path, tidy=tidy)
    assert SECOND in error.message
    assert not bad.exists()
    assert "000002" in (tmp_path / ".failed" / f"{SECOND}.reason.txt").read_text("utf-8")
    tidy.sweep(outbox)
    assert path.exists(), "its delivery has no receipt yet"
    # The series continues without the file that was set aside.
    assert await ingest(outbox, tmp_path, tidy=tidy) == []
    for one in take(outbox):
        apply_receipts(outbox, [answer_to(one)], {0: one.sequence})
    tidy.sweep(outbox)
    assert not path.exists()
    assert not last.exists()
    assert sorted(p.name for p in (tmp_path / ".done").iterdir()) == [NAME, THIRD]


async def test_a_file_is_read_once_it_is_unchanged_for_a_while(
    outbox: Outbox, tmp_path: Path
) -> None:
    write(tmp_path, [unit(consultation())])
    with_open_unit(outbox)
    assert await ingest(outbox, tmp_path, settings=Settings(settle_s=0.05)) == []
    assert len(delivered(outbox)) == 1


async def test_items_of_a_program_are_sent_once(outbox: Outbox) -> None:
    source = InProcess([submission(ITEM, ITEM | {"consultation_id": "k-2"})], synthetic_units=True)
    with_open_unit(outbox)
    assert await ingest(outbox, Path(), source=source) == []
    (sent,) = delivered(outbox)
    assert [item["consultation_id"] for item in items_of(sent)] == ["k-1", "k-2"]
    assert await ingest(outbox, Path(), source=source) == []
    assert delivered(outbox) == []


async def test_codes_that_no_row_maps_are_counted(outbox: Outbox, tmp_path: Path) -> None:
    write(tmp_path, [unit(consultation(oppmoteStatus=77), consultation("k-2", oppmoteStatus=77))])
    with_open_unit(outbox)
    reader = ingesting(outbox, tmp_path)
    assert await reader.all_series() == []
    assert reader.unmapped == {UnmappedCode("attendance", "77"): 2}
    done = summary(outbox, System.VISMA_HSPRO, seconds=0, unmapped=reader.unmapped)
    assert done["unmapped"] == [{"field": "attendance", "code": "77", "items": 2}]


def daily(number: int, day: int) -> str:
    return f"{number:06}_HST_Konsultasjon_2025-01-{day:02}_20250201T040000Z.json"


def periods(outbox: Outbox) -> list[tuple[int, int, int]]:
    """First and last day of each delivery in order, and its items."""
    return [
        (one["period_from"].day, one["period_to"].day, one["item_count"])
        for one in delivered(outbox)
    ]


async def test_quiet_days_without_a_file_are_reported_before_the_next_file(
    outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    with_open_unit(outbox)
    write(folder, [unit(consultation("k-1"))], daily(1, 3))
    await ingest(outbox, folder)
    write(folder, [unit(consultation("k-2"))], daily(2, 6))
    # Another process: what it knows is in the outbox.
    await ingest(outbox, folder)
    assert periods(outbox) == [(3, 3, 1), (4, 5, 0), (6, 6, 1)]


async def test_a_unit_that_a_file_does_not_name_had_a_quiet_day(
    outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    for org_nr in (UNIT, OTHER_UNIT):
        with_open_unit(outbox, org_nr)
    both = [unit(org_nr=UNIT), unit(org_nr=OTHER_UNIT)]
    write(folder, both, daily(1, 3))
    write(folder, both[1:], daily(2, 4))
    write(folder, both, daily(3, 5))
    await ingest(outbox, folder)
    found = delivered(outbox)
    for org_nr in (UNIT, OTHER_UNIT):
        of_unit = [one for one in found if one["org_nr"] == org_nr]
        assert [one["period_from"].day for one in of_unit] == [3, 4, 5]


async def test_days_with_a_missing_file_are_not_called_quiet(
    outbox: Outbox, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    with_open_unit(outbox)
    write(folder, [unit(consultation("k-1"))], daily(1, 3))
    write(folder, [unit(consultation("k-2"))], daily(3, 6))
    await ingest(outbox, folder)
    assert periods(outbox) == [(3, 3, 1), (6, 6, 1)]
