"""Releases that are stopped or admitted are so in every lane, on a real broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.integration.at_work import AtWork, at_work, command_line, units_of_lane
from tests.support.certified import Register
from tests.support.deliveries import consultation

SYSTEM = System.EG_INFODOC
BAD_VERSION = "9.9-bad"
REJECTED_IN_A_ROW = 100
VERSION = "7.1"
NOT_ADMITTED = "RELEASE_NOT_ADMITTED"
TRIES = 200
"""Deliveries that are sent until a lane refuses them: it reads the stop within a second."""


async def test_a_release_that_one_lane_stops_is_stopped_in_all(
    clean_stack: Settings, tmp_path: Path
) -> None:
    units = {lane: units_of_lane(lane, 1)[0] for lane in range(PARTITIONS)}
    sequences = dict.fromkeys(units, 0)

    async def send(work: AtWork, lane: int, items: int, **more: object) -> dict[str, object]:
        sequences[lane] += 1
        one = work.vendors.delivery(
            [consultation(n, **more) for n in range(items)],
            system=SYSTEM,
            org_nr=units[lane],
            sequence=sequences[lane],
            software_version=BAD_VERSION,
        )
        (answer,) = await work.receipts.of(*await work.vendors.send(one))
        return answer

    async def processed_again(work: AtWork, lane: int) -> bool:
        for _ in range(TRIES):
            sequences[lane] -= 1
            if (await send(work, lane, 1))["status"] == "processed":
                return True
        return False

    async def refused(work: AtWork, lane: int) -> object:
        for _ in range(TRIES):
            answer = await send(work, lane, 1)
            if answer["status"] == "refused":
                return answer["reason"]
        return None

    async with at_work(clean_stack, tmp_path, group="kpr-hst-releases", workers=2) as work:
        for lane in range(1, PARTITIONS):
            assert (await send(work, lane, 1))["status"] == "processed"
        bad = await send(work, 0, REJECTED_IN_A_ROW, consultation_id=None)
        assert bad["counts"]["rejected"] == REJECTED_IN_A_ROW  # type: ignore[index]
        reasons = {lane: await refused(work, lane) for lane in units}
        assert reasons == dict.fromkeys(units, "RELEASE_STOPPED")
        code, _, err = await command_line(
            clean_stack,
            *("release", "resume", "--system", SYSTEM, "--version", BAD_VERSION),
            *("--reason", "The fault was ours"),
        )
        assert code == 0, err
        assert [await processed_again(work, lane) for lane in units] == [True] * PARTITIONS


async def test_only_admitted_releases_of_a_certified_system_are_taken(
    clean_stack: Settings, tmp_path: Path
) -> None:
    units = {lane: units_of_lane(lane, 1)[0] for lane in (0, PARTITIONS - 1)}
    register = Register(tmp_path)
    certificate = register.certify(SYSTEM, VERSION)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    places: dict[str, Any] = {"group": "kpr-hst-certified", "KPR_CERTIFIED_SYSTEMS": SYSTEM.value}

    async def send(work: AtWork, lane: int, sequence: int, **more: Any) -> str:
        one = work.vendors.delivery(
            [consultation(sequence)],
            org_nr=units[lane],
            sequence=sequence,
            **{"system": SYSTEM, "software_version": VERSION} | more,
        )
        (answer,) = await work.receipts.of(*await work.vendors.send(one))
        return str(answer["reason"] or answer["status"])

    async def admit(version: str) -> tuple[int, str]:
        code, _, err = await command_line(
            clean_stack,
            *("release", "admit", "--system", SYSTEM, "--version", version),
            *("--certificate", str(certificate), "--reason", "Tried by the register"),
            KPR_CERTIFICATE_KEY_FILE=str(register.key_file),
        )
        return code, err

    async with at_work(clean_stack, first, **places) as work:
        assert [await send(work, lane, 1) for lane in units] == [NOT_ADMITTED] * len(units)
        assert await send(work, 0, 1, system=System.VISMA_HSPRO) == "processed"
        code, err = await admit("7.2")
        assert (code, "not of eg-infodoc '7.2'" in err) == (2, True)
        assert await admit(VERSION) == (0, "")
        assert [await send(work, lane, 1) for lane in units] == ["processed"] * len(units)
        assert await send(work, 0, 2, software_version="7.2") == NOT_ADMITTED
    _, listed, _ = await command_line(clean_stack, "release", "list", "--json")
    until = json.loads(certificate.read_text("utf-8"))["valid_until"]
    assert {
        one["software_version"]: one["admitted_until"]
        for one in listed["releases"]
        if one["system"] == SYSTEM
    } == {VERSION: until}
    # A worker with an empty ledger reads back what was admitted.
    async with at_work(clean_stack, second, **places) as work:
        assert await send(work, 0, 2) == "processed"
