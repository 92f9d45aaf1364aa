"""``worker --processes``: one of two is killed and comes back, and SIGTERM ends both in order."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from kpr_stream.audit.balance import TOPICS_READ, Balance
from kpr_stream.home import TARGETS_FOLDER
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import PARTITIONS, Role
from kpr_stream.settings import Settings
from tests.integration.at_work import WORKER, AtWork, at_work, units_of_lane, wait_until
from tests.support.deliveries import consultation

PROCESSES: Final = 2
GROUP: Final = "kpr-hst-processes"
MEMBERS: Final = [f"{GROUP}-0-{number + 1}" for number in range(PROCESSES)]
ROUNDS: Final = 6
ITEMS: Final = 40


async def test_a_killed_process_comes_back_and_a_signal_ends_both(
    clean_stack: Settings, tmp_path: Path
) -> None:
    command = (*WORKER, "--processes", str(PROCESSES))
    async with at_work(clean_stack, tmp_path, group=GROUP, command=command) as work:
        await wait_until(lambda: all(opened(work, name) for name in MEMBERS))
        members = names(processes(work))
        assert members == MEMBERS
        targets = clean_stack.home / TARGETS_FOLDER
        assert all((targets / f"worker-{name}.json").exists() for name in members)

        sent = await work.vendors.send(*deliveries(work, range(1, ROUNDS + 1)))
        # In the middle of its work, or before it: what counts is that every delivery is answered.
        await wait_until(lambda: len(work.receipts.at) > 0)
        processes(work)[0].kill()
        sent += await work.vendors.send(*deliveries(work, range(ROUNDS + 1, 2 * ROUNDS + 1)))
        await work.receipts.of(*sent)
        # The other may have had its lanes meanwhile, if this machine starts a process slowly.
        await wait_until(lambda: opened(work, MEMBERS[0]) > 1)
        assert names(processes(work)) == members
        log = work.log.read_text("utf-8")
        assert "ended by SIGKILL; it is started again" in log

        # The lanes of both, also of the one that came back, take new deliveries.
        sent += await work.vendors.send(*deliveries(work, [2 * ROUNDS + 1]))
        await work.receipts.of(*sent)

        children = processes(work)
        work.workers[0].process.send_signal(signal.SIGTERM)
        await wait_until(lambda: work.workers[0].exit_codes == [0])
        assert not any(running(child) for child in children)
        ended = work.log.read_text("utf-8")[len(log) :]
        assert all(f"{name} ended with exit code 0" in ended for name in members)

    balance = Balance()
    async for record in read_all(kafka_access(clean_stack, Role.ADMIN), TOPICS_READ):
        balance.add(record)
    assert balance.doubled == 0
    assert set(balance.receipts.values()) == {1}
    assert len(balance.receipts) == len(sent)
    assert sum(balance.received.values()) == ITEMS * len(sent)
    accepted = sum(counts["accepted"] for counts in balance.outcomes.values())
    assert accepted == len(balance.statuses) == ITEMS * len(sent)


def deliveries(work: AtWork, sequences: Sequence[int]) -> list[SourceRecord]:
    """One delivery for each lane and sequence number, of consultations that no other has."""
    return [
        work.vendors.delivery(
            [
                consultation(
                    (lane * 100 + sequence) * ITEMS + n, consultation_id=f"{lane}-{sequence}-{n}"
                )
                for n in range(ITEMS)
            ],
            org_nr=units_of_lane(lane, 1)[0],
            sequence=sequence,
        )
        for sequence in sequences
        for lane in range(PARTITIONS)
    ]


def opened(work: AtWork, name: str) -> int:
    """Return how often the worker of this name has opened lanes."""
    lines = work.log.read_text("utf-8").splitlines()
    return sum(f" {name} " in line and "are open after" in line for line in lines)


def processes(work: AtWork) -> list[psutil.Process]:
    """Return the workers that run, by name."""
    found = psutil.Process(work.workers[0].process.pid).children()
    return sorted((one for one in found if name_of(one)), key=name_of)


def names(found: Sequence[psutil.Process]) -> list[str]:
    return [name_of(one) for one in found]


def name_of(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess, ValueError):
        command: list[str] = process.cmdline()
        return command[command.index("--instance") + 1]
    return ""


def running(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
