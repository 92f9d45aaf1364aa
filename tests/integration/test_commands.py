"""Commands and rights on the real stack: who may order, what lanes answer, what is held back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import keyring
from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.topics import Role
from kpr_stream.model.words import System
from kpr_stream.operate.newest import newest
from kpr_stream.operate.request import Requester, for_every_lane, for_unit
from kpr_stream.operate.send import CommandSender, command_sender
from kpr_stream.operate.units.report import unit_report
from kpr_stream.reference import load_reference
from kpr_stream.schemas.wire import encode
from kpr_stream.settings import Settings
from tests.integration.at_work import AtWork, at_work, command_line, units_of_lane, wait_until
from tests.support.deliveries import consultation
from tests.support.poll import HANGING_S

SYSTEM = System.EG_INFODOC
WHO = Requester("operator-1", "The vendor has mended it.")
ITEM = consultation(1)


@asynccontextmanager
async def receiving(
    settings: Settings, folder: Path, group: str
) -> AsyncIterator[tuple[AtWork, CommandSender]]:
    async with at_work(settings, folder, group=group) as work, command_sender(settings) as ready:
        yield work, ready


async def receipt(work: AtWork, unit: str, sequence: int, **more: Any) -> dict[str, Any]:
    items: Sequence[Any] = more.pop("items", [ITEM])
    one = work.vendors.delivery(items, system=SYSTEM, org_nr=unit, sequence=sequence, **more)
    (answer,) = await work.receipts.of(*await work.vendors.send(one))
    return answer


async def write_rights(settings: Settings, key: bytes, value: bytes | None) -> int:
    access = kafka_access(settings, Role.PRIVACY).for_aiokafka()
    async with AIOKafkaProducer(**access, acks="all") as producer:
        stored = await producer.send_and_wait(topics.RIGHTS, value, key=key)
        return int(stored.offset)


async def test_a_unit_is_unblocked_past_a_gap_and_the_log_says_who_and_why(
    clean_stack: Settings, tmp_path: Path
) -> None:
    (unit,) = units_of_lane(3, 1)
    async with receiving(clean_stack, tmp_path, "kpr-hst-unblock") as (work, ready):
        assert (await receipt(work, unit, 1))["status"] == "processed"
        assert (await receipt(work, unit, 2, item_count=9))["reason"] == "COUNT_MISMATCH"
        order = for_unit(
            "0d9a5f3e-0000-4000-8000-000000000001",
            CommandKind.UNBLOCK,
            WHO,
            org_nr=unit,
            system=SYSTEM,
            arguments={"skip_to": "4"},
        )
        (result,) = await ready.send([order], within_s=HANGING_S)
        assert (result["status"], result["counts"]) == ("done", {"skipped": 2})
        assert (await receipt(work, unit, 4))["expected_sequence"] == 5
    report = await unit_report(clean_stack, unit)
    (one,) = report["systems"]
    assert (one["state"]["blocked_since"], one["state"]["next_sequence"]) == (None, 5)
    assert [(g["first"], g["last"]) for g in one["state"]["gaps"]] == [(2, 3)]
    assert [(a["issued_by"], a["reason"]) for a in report["acts"]] == [(WHO.account, WHO.reason)]
    assert WHO.reason in work.log.read_text("utf-8")


async def test_a_reservation_is_in_force_once_every_lane_has_answered(
    clean_stack: Settings, tmp_path: Path
) -> None:
    (unit,) = units_of_lane(5, 1)
    person = keyring(clean_stack).pseudonyms.person_key(IdKind.FNR, ITEM["fnr"])
    reserved = {"kind": "weight", "from": date(2017, 1, 1), "revoked": None}
    value = encode("rights", {"person_key": person.hex(), "reservations": [reserved]})
    async with receiving(clean_stack, tmp_path, "kpr-hst-rights") as (work, ready):
        before = await receipt(work, unit, 1)
        offset = await write_rights(clean_stack, person.hex().encode(), value)
        orders = for_every_lane(
            "0d9a5f3e-0000-4000-8000-000000000002",
            CommandKind.APPLY_RIGHTS,
            WHO,
            system=None,
            arguments={"rights_offset": str(offset)},
        )
        results = await ready.send(orders, within_s=HANGING_S)
        assert [r["rights_offset"] for r in results] == [offset] * topics.PARTITIONS
        after = await receipt(work, unit, 2, items=[ITEM | {"consultation_id": "another"}])
    assert before["counts"] == after["counts"]
    access = kafka_access(clean_stack, Role.CONTENT_SINK)
    records = await newest(access, topics.CONSULTATION, "consultation")
    assert sorted(r["weight_g"] or 0 for r in records) == [0, ITEM["weight_g"]]
    (state,) = await newest(kafka_access(clean_stack, Role.OPERATOR), topics.UNIT, "unit_state")
    assert state["rights_offset"] == offset


async def test_rights_that_cannot_be_read_stop_the_lanes_and_open_none(
    clean_stack: Settings, tmp_path: Path
) -> None:
    (unit,) = units_of_lane(2, 1)
    async with at_work(clean_stack, tmp_path, group="kpr-hst-unreadable") as work:
        assert (await receipt(work, unit, 1))["status"] == "processed"
        opened = work.log.read_text("utf-8").count("are open after")
        await write_rights(clean_stack, b"0" * 32, b"no record")
        (worker,) = work.workers
        # The first end is that of the worker that served, the next of one that should not.
        await wait_until(lambda: len(worker.exit_codes) >= 2)
        told = work.log.read_text("utf-8")
        assert told.count("are open after") == opened
        assert "kpr.rights" in told


async def test_the_quarantine_is_operated_and_what_is_stored_is_gone_over_again(
    clean_stack: Settings, tmp_path: Path
) -> None:
    (unit,) = units_of_lane(6, 1)
    why = ("--reason", "The unit asks what was wrong.")
    bad = ITEM | {"consultation_id": "bad", "start": None}
    async with at_work(clean_stack, tmp_path, group="kpr-hst-operated") as work:
        assert (await receipt(work, unit, 1, items=[ITEM, bad]))["counts"]["rejected"] == 1
        _, listed, _ = await command_line(clean_stack, "quarantine", "list", "--json")
        (item,) = listed["items"]
        assert (item["org_nr"], item["state"], item["item_index"]) == (unit, "open", 1)

        _, told, _ = await command_line(clean_stack, "registry", "list", "--json")
        (agreement,) = told["agreements"]
        assert (agreement["org_nr"], agreement["system"]) == (unit, SYSTEM)
        assert (agreement["agreed_from"], agreement["municipality_code"]) == (None, "0301")

        code, shown, _ = await command_line(
            clean_stack, "quarantine", "show", item["quarantine_id"], *why
        )
        assert (code, shown["consultation_id"]) == (0, "bad")

        code, answer, _ = await command_line(
            clean_stack, "quarantine", "replay", item["quarantine_id"], "--json", *why
        )
        assert (code, answer["results"][0]["counts"]) == (0, {"rejected": 1})
        _, answer, _ = await command_line(
            clean_stack, "quarantine", "discard", "--unit", unit, "--yes", "--json", *why
        )
        assert answer["results"][0]["counts"] == {"discarded": 1}
        code, _, told = await command_line(
            clean_stack, "quarantine", "discard", "--rule", "STRAT_MISSING", *why
        )
        assert (code, "Did you mean START_MISSING" in told) == (2, True)

        _, answer, _ = await command_line(
            clean_stack, "replay", "--from", "2020-01-01", "--system", SYSTEM, "--json", *why
        )
        # What was discarded stays rejected: it is in nobody's way.
        assert answer["systems"][SYSTEM] == {"deliveries": 1, "unchanged": 1, "not_standing": 1}
        reference = load_reference().version
        _, answer, _ = await command_line(
            clean_stack, "reenrich", "--reference", reference, "--json", *why
        )
        assert (answer["counts"]["standing"], answer["counts"]["changed"]) == (1, 0)
        code, answer, told = await command_line(
            clean_stack, "reenrich", "--reference", reference, "--json", *why
        )
        assert (code, answer["counts"]) == (0, {}), told

        code, _, told = await command_line(
            clean_stack, "unit", "resume", "999999018", "--system", SYSTEM, *why
        )
        assert (code, "UNKNOWN_UNIT" in told) == (1, True)
    acts = (await unit_report(clean_stack, unit))["acts"]
    assert [act["kind"] for act in acts] == ["look", "replay-items", "discard"]
    assert {act["reason"] for act in acts} == {why[1]}
    assert ITEM["fnr"] not in work.log.read_text("utf-8")
