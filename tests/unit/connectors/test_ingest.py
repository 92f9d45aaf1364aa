from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kpr_stream.connectors.delivery.seal import with_attempt
from kpr_stream.connectors.ingest import Ingest
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.errors import ExportError
from kpr_stream.keys.envelope import EncryptedPayload, associated_data, content_digest, decrypt
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.words import System
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S
from tests.unit.connectors.exports import OTHER_UNIT, UNIT, consultation, unit, write
from tests.unit.connectors.outboxes import opened, take, with_open_unit

SECOND = "000002_HST_Konsultasjon_2025-02_20250301T040000Z.json"
THIRD = "000003_HST_Konsultasjon_2025-03_20250401T040000Z.json"
# 2048 bits are quick to make; the length makes no difference here.
SECRET = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path / "outbox")
    yield found
    found.close()


async def ingest(outbox: Outbox, folder: Path, **more: Any) -> list[ExportError]:
    return await Ingest(
        folder=folder,
        profile=synthetic_profile(System.VISMA_HSPRO),
        outbox=outbox,
        key=PublicKey("key-1", SECRET.public_key()),
        settings=Settings(delivery_max_items=2),
        changed=asyncio.Condition(),
        on_file=lambda: None,
        **more,
    ).all_series()


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
            folder=tmp_path / "in",
            profile=synthetic_profile(System.VISMA_HSPRO),
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
