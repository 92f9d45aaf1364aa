"""What a process answers over HTTP, on which port, and where Prometheus finds it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from kpr_stream.embedded.layout import Layout
from kpr_stream.errors import ConfigurationError
from kpr_stream.metrics import worker
from kpr_stream.metrics.discovery import list_target, remove_target, target_file
from kpr_stream.metrics.endpoint import PORTS, serve
from kpr_stream.metrics.health import HUNG_S, LATE_S, Health
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.settings import Settings


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def local(home: Path, metrics_port: int | None = None) -> Settings:
    return Settings(home=home, metrics_host="127.0.0.1", metrics_port=metrics_port)


def test_each_path_answers_for_itself_and_all_others_are_not_found(tmp_path: Path) -> None:
    clock, reasons = Clock(), ["The database is away."]
    health = Health(lambda: next(iter(reasons), None), clock=clock)
    registry = CollectorRegistry()
    Metrics(Process.WORKER, registry).of(worker.COMMITS).inc()
    port = serve(local(tmp_path, metrics_port=0), registry, health, Process.WORKER, "one")
    assert get(port, "/readyz") == (503, "The process is starting.\n")
    health.judge()
    assert get(port, "/readyz") == (503, "The database is away.\n")
    assert get(port, "/livez") == (200, "alive\n")
    reasons.clear()
    health.judge()
    assert get(port, "/readyz") == (200, "ready\n")
    assert get(port, "/metrics") == (200, generate_latest(registry).decode())
    for path in ("/", "/metric", "/metrics/", "/healthz"):
        assert get(port, path)[0] == 404


def test_a_loop_that_hangs_is_not_ready_and_later_not_alive(tmp_path: Path) -> None:
    clock = Clock()
    health = Health(clock=clock)
    health.judge()
    port = serve(
        local(tmp_path, metrics_port=0), CollectorRegistry(), health, Process.WORKER, "one"
    )
    clock.now += LATE_S + 1
    assert get(port, "/livez")[0] == 200
    assert get(port, "/readyz") == (503, "The event loop has not run for 6 s.\n")
    clock.now += HUNG_S
    assert get(port, "/livez") == (503, "The event loop has not run for 66 s.\n")


def test_processes_of_one_kind_on_one_machine_take_different_ports(tmp_path: Path) -> None:
    ports = [
        serve(local(tmp_path), CollectorRegistry(), Health(), Process.EXPORTER, str(number))
        for number in range(len(PORTS[Process.EXPORTER]) + 1)
    ]
    assert len(set(ports)) == len(ports)
    assert ports[-1] not in PORTS[Process.EXPORTER]


def test_a_port_that_a_setting_names_is_taken_or_refused(tmp_path: Path) -> None:
    port = serve(
        local(tmp_path, metrics_port=0), CollectorRegistry(), Health(), Process.WORKER, "one"
    )
    taken = local(tmp_path, metrics_port=port)
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}"):
        serve(taken, CollectorRegistry(), Health(), Process.WORKER, "two")


def test_the_ports_of_no_two_kinds_meet() -> None:
    ports = [port for kind in Process for port in PORTS[kind]]
    assert len(set(ports)) == len(ports)


def test_prometheus_finds_a_process_until_it_ends_in_order(tmp_path: Path) -> None:
    settings = local(tmp_path)
    path = list_target(settings, Process.WORKER, "worker-1", 9410)
    assert path == target_file(settings, Process.WORKER, "worker-1")
    assert json.loads(path.read_text("utf-8")) == [
        {
            "targets": ["127.0.0.1:9410"],
            "labels": {"job": "kpr-worker", "process": "worker", "name": "worker-1"},
        }
    ]
    list_target(settings, Process.WORKER, "worker-1", 9411)
    remove_target(path, 9410)  # its successor runs already
    assert [p.name for p in path.parent.iterdir()] == ["worker-worker-1.json"]
    remove_target(path, 9411)
    assert list(path.parent.iterdir()) == []


def test_a_process_on_every_interface_is_listed_under_an_address_of_its_machine(
    tmp_path: Path,
) -> None:
    path = list_target(Settings(home=tmp_path), Process.CONTENT_SINK, "content", 9420)
    assert json.loads(path.read_text("utf-8"))[0]["targets"] == ["127.0.0.1:9420"]


def test_a_list_that_cannot_be_written_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "file"
    home.write_text("not a folder", "utf-8")
    list_target(Settings(home=home), Process.WORKER, "worker-1", 9410)
    assert "Prometheus will not find this process" in caplog.text


def test_the_embedded_stack_makes_the_folder_that_prometheus_watches(tmp_path: Path) -> None:
    Layout.of(tmp_path / "home").make_folders()
    path = target_file(Settings(home=tmp_path / "home"), Process.WORKER, "worker-1")
    assert path.parent.is_dir()
