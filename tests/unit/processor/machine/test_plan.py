"""How the workers of a machine are named and started."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.processor.adapters.tuning import static_membership
from kpr_stream.processor.machine.plan import COUNTS, worker_processes
from kpr_stream.settings import Settings

HOST = "station-7"


def test_every_number_that_divides_the_lanes_evenly_can_be_run(tmp_path: Path) -> None:
    assert COUNTS == (1, 2, 4, 8)
    for count in COUNTS:
        assert len(worker_processes(Settings(home=tmp_path), count, host=HOST)) == count
    for count in (-1, 0, 3, 5, 16):
        with pytest.raises(UsageError, match="1, 2, 4, 8"):
            worker_processes(Settings(home=tmp_path), count, host=HOST)


def test_names_begin_with_the_name_that_is_set(tmp_path: Path) -> None:
    usual = worker_processes(Settings(home=tmp_path), 2, host=HOST)
    assert [worker.name for worker in usual] == ["worker-1", "worker-2"]
    named = worker_processes(Settings(home=tmp_path, instance="north"), 2, host=HOST)
    assert [worker.name for worker in named] == ["north-1", "north-2"]
    assert named[1].command[-2:] == ("--instance", "north-2")


def test_each_is_a_static_member_named_by_machine_and_index(tmp_path: Path) -> None:
    for settings, machine in (
        (Settings(home=tmp_path), HOST),
        (Settings(home=tmp_path, machine="rack-3"), "rack-3"),
    ):
        second = worker_processes(settings, 2, host=HOST)[1]
        assert dict(second.variables) == {
            "KPR_MACHINE": machine,
            "KPR_STATIC_MEMBERSHIP": "true",
        }
        child = Settings(
            home=tmp_path, machine=machine, static_membership=True, instance=second.name
        )
        assert [tuned.value for tuned in static_membership(child)] == [
            f"kpr-hst-{machine}-worker-2"
        ]


def test_a_setting_decides_against_static_membership(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, static_membership=False)
    (one,) = worker_processes(settings, 1, host=HOST)
    assert "KPR_STATIC_MEMBERSHIP" not in dict(one.variables)


@pytest.mark.parametrize(
    ("port", "ports"), [(None, [None, None]), (0, ["0", "0"]), (9101, ["9101", "9102"])]
)
def test_metrics_ports_follow_each_other(
    tmp_path: Path, port: int | None, ports: list[str | None]
) -> None:
    workers = worker_processes(Settings(home=tmp_path, metrics_port=port), 2, host=HOST)
    found = [
        worker.command[worker.command.index("--metrics-port") + 1]
        if "--metrics-port" in worker.command
        else None
        for worker in workers
    ]
    assert found == ports


def test_ports_beyond_the_last_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="smaller --metrics-port"):
        worker_processes(Settings(home=tmp_path, metrics_port=65535), 2, host=HOST)
