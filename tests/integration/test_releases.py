"""A release that one lane stops is stopped in every lane, on a real broker."""

from __future__ import annotations

from pathlib import Path

from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.integration.at_work import AtWork, at_work, command_line, units_of_lane
from tests.support.deliveries import consultation

SYSTEM = System.EG_INFODOC
BAD_VERSION = "9.9-bad"
REJECTED_IN_A_ROW = 100
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
