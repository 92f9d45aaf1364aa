"""The connector on a real broker, against a small receiver of its own (``receiver.py``).

``stack`` is the running embedded stack, as settings. No worker may run on it meanwhile.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from kpr_stream.connectors.export.reader import find_series
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.topics import delivery_topic
from kpr_stream.model.words import SYSTEMS, ReceiptStatus, System
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from tests.integration.connector_command import (
    ONE,
    Command,
    World,
    end_all,
    ended,
    receiving,
    until,
)
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world") / "exports"
    return World(folder, simulate(Plan(2000, 1, 4), folder))


@pytest.fixture(autouse=True)
async def ended_connectors() -> AsyncIterator[None]:
    """No connector outlives its test."""
    yield
    await end_all()


@pytest.mark.parametrize("system", SYSTEMS)
async def test_every_item_gets_the_outcome_it_should(
    stack: Settings, world: World, tmp_path: Path, system: System
) -> None:
    command = Command(stack, world.folder / system, tmp_path, system)
    async with receiving(stack, system):
        done = await command.run()
        assert done.exit_code == 0, done.messages
        again = await command.run()
    expected = world.expected["systems"][system]
    assert done.told["outcomes"] == expected["outcomes"]
    assert done.told["items_sent"] == expected["items_sent"]
    assert done.told["refused"] == []
    assert set(done.told["units"]) == set(expected["units"])
    assert again.exit_code == 0
    assert (again.told["files"], again.told["deliveries"]) == (0, 0)
    assert again.told["total"]["outcomes"] == expected["outcomes"]


async def test_a_connector_that_is_killed_again_and_again_loses_and_doubles_nothing(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    command = Command(stack, world.folder / ONE, tmp_path)
    expected = world.expected["systems"][ONE]
    async with receiving(stack) as receiver:
        for answers in (1, 6, 40, 41, 90, 160):
            process = await command.start()
            await until(lambda n=answers: receiver.answered.total() >= n)  # type: ignore[misc]
            process.kill()
            assert (await ended(process)).exit_code == -signal.SIGKILL
        done = await command.run()
    assert done.exit_code == 0, done.messages
    assert done.told["total"]["outcomes"] == expected["outcomes"]
    assert done.told["total"]["items"] == expected["items_sent"]
    processed = [sum(counts.values()) for counts in receiver.counts.values()]
    assert sum(processed) == expected["items_sent"]


async def test_a_terminated_connector_ends_in_order_and_goes_on(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    command = Command(stack, world.folder / ONE, tmp_path)
    async with receiving(stack) as receiver:
        process = await command.start("--follow")
        await until(lambda: receiver.answered.total() >= 20)
        process.terminate()
        stopped = await ended(process)
        assert stopped.exit_code in (0, 75), stopped.messages
        done = await command.run()
    assert done.exit_code == 0
    assert done.told["total"]["outcomes"] == world.expected["systems"][ONE]["outcomes"]


async def test_who_is_stopped_before_anybody_answers_has_not_done_its_work(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    process = await Command(stack, world.folder / ONE, tmp_path).start()
    await until((tmp_path / f"{ONE}.sqlite3").exists)
    process.terminate()
    stopped = await ended(process)
    assert stopped.exit_code == 75, stopped.messages
    assert "Stopped before everything was answered" in stopped.messages
    assert stopped.told["deliveries"] == 0


async def test_what_is_no_org_number_is_not_quoted(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    number = "21891012345"
    done = await Command(stack, world.folder / ONE, tmp_path).run("--release", number)
    assert done.exit_code == 2
    assert "No unit of that name is held" in done.messages
    assert number not in done.messages


async def test_a_followed_folder_is_sent_as_it_grows(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    series = find_series(world.folder / ONE)[0]
    folder, (first, second) = tmp_path / "in", series.paths[:2]
    folder.mkdir()
    (folder / first.name).write_bytes(first.read_bytes())
    command = Command(stack, folder, tmp_path / "outbox")
    async with receiving(stack) as receiver:
        process = await command.start("--follow")
        await until(lambda: receiver.answered[ReceiptStatus.PROCESSED] == 1)
        (folder / second.name).write_bytes(second.read_bytes())
        await until(lambda: receiver.answered[ReceiptStatus.PROCESSED] == 2)
        process.terminate()
        done = await ended(process)
    assert done.exit_code in (0, 75), done.messages
    assert done.told["files"] == 2


async def test_a_lost_outbox_goes_on_where_the_receiver_says(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    async with receiving(stack) as receiver:
        first = await Command(stack, world.folder / ONE, tmp_path / "a").run()
        second = await Command(stack, world.folder / ONE, tmp_path / "b").run()
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert second.told["items_sent"] == first.told["items_sent"]
    for org_nr, unit in second.told["units"].items():
        assert unit["next_sequence"] == 2 * first.told["units"][org_nr]["next_sequence"] - 1
    # Nothing is new the second time, but for what one export deletes and creates together.
    outcomes = second.told["outcomes"]
    assert outcomes["accepted"] == outcomes["deleted"]
    assert outcomes["corrected"] == 0
    assert ReceiptStatus.OUT_OF_ORDER not in receiver.answered


@pytest.mark.parametrize("option", ["--release", "--make-anew"])
async def test_a_refused_unit_is_held_and_goes_on_when_mended(
    stack: Settings, world: World, tmp_path: Path, option: str
) -> None:
    command = Command(stack, world.folder / ONE, tmp_path)
    expected = world.expected["systems"][ONE]
    org_nr = min(expected["units"])
    async with receiving(stack) as receiver:
        receiver.refuse = {(org_nr, 3): "CLOCK_AHEAD"}
        held = await command.run()
        assert held.exit_code == 1
        (one,) = held.told["refused"]
        assert (one["org_nr"], one["sequence"], one["reason"]) == (org_nr, 3, "CLOCK_AHEAD")
        assert one["refusal"]["resend"] == "corrected"
        assert f"{option} {org_nr}" in " ".join(held.messages.split())
        assert [u["unanswered"] > 0 for u in held.told["units"].values()].count(True) == 1
        receiver.refuse = {}
        mended = await command.run(option, org_nr)
    assert mended.exit_code == 0, mended.messages
    assert mended.told["total"]["outcomes"] == expected["outcomes"]
    assert receiver.answered[ReceiptStatus.REFUSED] == 1


@pytest.mark.parametrize("option", ["--release", "--make-anew"])
async def test_all_units_that_are_held_go_on_at_once(
    stack: Settings, world: World, tmp_path: Path, option: str
) -> None:
    command = Command(stack, world.folder / ONE, tmp_path)
    expected = world.expected["systems"][ONE]
    units = sorted(expected["units"])[:2]
    async with receiving(stack) as receiver:
        receiver.refuse = {(org_nr, 3): "RELEASE_STOPPED" for org_nr in units}
        held = await command.run()
        assert sorted(one["org_nr"] for one in held.told["refused"]) == units
        receiver.refuse = {}
        mended = await command.run(option, "all")
        none_left = await command.run(option, "all")
    assert mended.exit_code == 0, mended.messages
    assert mended.told["total"]["outcomes"] == expected["outcomes"]
    assert none_left.exit_code == 0, none_left.messages


async def test_a_broken_file_is_told_and_what_came_before_is_sent(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for path in find_series(world.folder / ONE)[0].paths[:4]:
        (folder / path.name).write_bytes(path.read_bytes())
    broken = sorted(folder.iterdir())[2]
    broken.write_bytes(broken.read_bytes()[:-40])
    async with receiving(stack):
        done = await Command(stack, folder, tmp_path / "outbox").run()
    assert done.exit_code == 65
    assert "ends too early" in done.messages
    assert done.told["files"] == done.told["deliveries"] == 2


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"KPR_KAFKA_PASSWORD": "wrong"}, "refuses the login of eg-infodoc"),
        ({"KPR_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "cannot be reached"),
        ({"KPR_KAFKA_USERNAME": "visma-hspro"}, "does not allow visma-hspro"),
    ],
)
async def test_why_the_broker_cannot_be_used_is_told(
    stack: Settings, world: World, tmp_path: Path, environment: dict[str, str], told: str
) -> None:
    done = await Command(stack, world.folder / ONE, tmp_path).run(**environment)
    assert done.exit_code == 69
    assert told in " ".join(done.messages.split())
    assert "wrong" not in done.messages


async def test_silence_is_told_with_what_is_missing(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    done = await Command(stack, world.folder / ONE, tmp_path).run(KPR_ANSWER_TIMEOUT_S="1")
    assert done.exit_code == 69
    assert "the answer to hello" in " ".join(done.messages.split())


async def test_a_followed_folder_waits_for_its_worker_and_for_kafka(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    for name, environment in {
        "no worker": {"KPR_ANSWER_TIMEOUT_S": "0.2"},
        "no kafka": {"KPR_KAFKA_BOOTSTRAP": "localhost:1"},
    }.items():
        command = Command(stack, world.folder / ONE, tmp_path / name)
        process = await command.start("--follow", **environment)
        lines = await said(process, "Waiting")
        assert "→" in lines[-1], lines
        assert process.returncode is None
        # A reader is not kept out meanwhile.
        reader = sqlite3.connect(
            f"{(tmp_path / name / f'{ONE}.sqlite3').as_uri()}?mode=ro", uri=True
        )
        assert reader.execute("SELECT value FROM meta WHERE name = 'system'").fetchone() == (ONE,)
        reader.close()
        process.terminate()
        done = await ended(process)
        assert done.exit_code == 75, (done.messages, lines)


async def test_a_held_unit_is_told_while_a_folder_is_followed(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    org_nr = min(world.expected["systems"][ONE]["units"])
    async with receiving(stack) as receiver:
        receiver.refuse = {(org_nr, 3): "NO_AGREEMENT"}
        process = await Command(stack, world.folder / ONE, tmp_path).start("--follow")
        lines = await said(process, "Held")
        assert f"unit {org_nr} at sequence 3: NO_AGREEMENT" in lines[-2]
        assert f"--release {org_nr}" in lines[-1]
        process.terminate()
        await ended(process)


async def test_a_second_outbox_of_a_system_sends_nothing_under_numbers_of_the_first(
    stack: Settings, world: World, tmp_path: Path
) -> None:
    async with receiving(stack) as receiver:
        first = Command(stack, world.folder / ONE, tmp_path / "a")
        second = Command(stack, world.folder / ONE, tmp_path / "b")
        assert (await first.run()).exit_code == 0
        assert (await second.run()).exit_code == 0
        before = receiver.answered.copy()
        third = await first.run("--resend")
        assert third.exit_code == 1
        assert {held["reason"] for held in third.told["refused"]} == {"ANOTHER_OUTBOX"}
        assert len(third.told["refused"]) == len(third.told["units"])
        assert receiver.answered == before
        # What the message says helps.
        fourth = await first.run("--make-anew", "all", "--resend")
        assert fourth.exit_code == 0
        assert ReceiptStatus.SEQUENCE_REUSED not in receiver.answered


async def said(process: asyncio.subprocess.Process, word: str) -> list[str]:
    """Read what a process says until a line with a word and the one after it."""
    assert process.stderr is not None
    lines: list[str] = []
    async with asyncio.timeout(HANGING_S):
        while len(lines) < 2 or word not in lines[-2]:
            line = (await process.stderr.readline()).decode()
            assert line, lines
            lines.append(line)
    return lines


async def test_what_cannot_be_is_told_before_anything_is_opened(
    stack: Settings, tmp_path: Path
) -> None:
    missing = await Command(stack, tmp_path / "nowhere", tmp_path).run()
    assert (missing.exit_code, "There is no folder" in missing.messages) == (2, True)
    unknown = await Command(stack, tmp_path, tmp_path).run("--system", "epic")
    assert (unknown.exit_code, "no EPJ system" in unknown.messages) == (2, True)


async def test_the_broker_takes_what_the_page_says_and_no_more(stack: Settings) -> None:
    org_nr, most = b"800000009", RECEIVER.record_bytes
    async with AIOKafkaProducer(
        **kafka_access(stack, ONE).for_aiokafka(), max_request_size=2 * most
    ) as producer:

        async def send(size: int) -> None:
            await producer.send_and_wait(delivery_topic(ONE), bytes(size), key=org_nr, partition=0)

        await send(most - 100)
        with pytest.raises(MessageSizeTooLargeError):
            await send(most)


async def test_the_program_on_the_page_sends_a_quiet_day(
    stack: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "vendor" / "connect.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.setenv("KPR_HOME", str(stack.home))
    monkeypatch.setenv("KPR_OUTBOX_DIR", str(tmp_path))
    names: dict[str, Any] = {}
    exec(compile(program, "connect.md", "exec"), names)  # noqa: S102 - our own page
    async with receiving(stack, System.VISMA_HSPRO) as receiver:
        assert await names["send"]([names["quiet_day"]])
        assert receiver.answered[ReceiptStatus.PROCESSED] == 1
        assert await names["send"]([names["quiet_day"]])
        assert receiver.answered[ReceiptStatus.PROCESSED] == 1


@pytest.fixture(scope="module")
def fhir_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("fhir") / "exports"
    return World(folder, simulate(Plan(2000, 1, 4, fhir=True), folder))


async def test_fhir_snapshots_are_recognised_and_every_item_gets_its_outcome(
    stack: Settings, fhir_world: World, tmp_path: Path
) -> None:
    system = System.HELSEPLATTFORMEN
    command = Command(stack, fhir_world.folder / system, tmp_path, system)
    async with receiving(stack, system) as receiver:
        process = await command.start()
        await until(lambda: receiver.answered.total() >= 2)
        process.kill()
        await ended(process)
        done = await command.run()
        again = await command.run()
    assert done.exit_code == 0, done.messages
    assert "FHIR R4" in done.messages
    expected = fhir_world.expected["systems"][system]
    assert done.told["total"]["outcomes"] == expected["outcomes"]
    assert done.told["total"]["items"] == expected["items_sent"]
    assert done.told["unmapped"] == []
    assert (again.exit_code, again.told["files"], again.told["deliveries"]) == (0, 0, 0)


async def test_fhir_of_another_system_is_refused_before_anything_is_sent(
    stack: Settings, fhir_world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    bundle = next((fhir_world.folder / System.HELSEPLATTFORMEN).glob("*.json"))
    (folder / bundle.name).write_bytes(bundle.read_bytes())
    done = await Command(stack, folder, tmp_path / "outbox").run()
    assert done.exit_code == 2
    assert "no rows for FHIR" in " ".join(done.messages.split())
    (folder / "export.json").write_text('{"system": "helseplattformen"}')
    done = await Command(stack, folder, tmp_path / "outbox").run()
    assert done.exit_code == 2
    assert "names another system" in " ".join(done.messages.split())
