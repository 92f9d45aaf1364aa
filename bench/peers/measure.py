"""Run one peer over the filled input, and measure it from ``ready`` to its last output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import IO, Final

from confluent_kafka import Consumer, TopicPartition

from bench.peers.apps.bare import output_topic
from bench.peers.peers import Peer
from bench.usage import cpu_seconds, peak_mb, tree
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.process.child import tied
from tests.support.processes import kill_tree
from tests.support.repository import ROOT

READY_S: Final = 120.0
"""A peer that is not ready within this time has failed. Java is built at its first start."""
LIMIT_S: Final = 600.0
POLL_S: Final = 0.01
AT_ONCE: Final = 20_000


@dataclass
class Measured:
    """What one run of a peer took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    outputs: Sequence[tuple[bytes, bytes]] = field(repr=False)


class PeerFailedError(Exception):
    """A peer ended or did not finish; the text has the end of its log."""


def write_access(access: KafkaAccess, file: Path) -> None:
    """Write the properties of a Kafka client, for Java and for others."""
    properties = access.for_librdkafka()
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    login = f'username="{properties["sasl.username"]}" password="{properties["sasl.password"]}"'
    properties["sasl.jaas.config"] = f"{module} required {login};"
    file.touch(mode=0o600)
    file.write_text(json.dumps(properties), "utf-8")


def run_peer(peer: Peer, access: KafkaAccess, folder: Path, group: str, keys: int) -> Measured:
    """Start a peer and measure it until ``keys`` different keys are among its outputs."""
    login, log = folder / "access.json", folder / "log"
    write_access(access, login)
    (folder / "state").mkdir()
    environment = os.environ | {
        "BOOTSTRAP": access.bootstrap,
        "PEER_ACCESS": str(login),
        "NAME": peer.name,
        "GROUP": group,
        "STATE_DIR": str(folder / "state"),
        "THREADS": str(os.cpu_count()),
        "PYTHONPATH": str(ROOT),
    }
    with (
        _consumer(access, output_topic(peer.name), group) as outputs,
        _process(peer.command(), environment, log) as process,
    ):
        began = _wait_until_ready(process, peer.name, log)
        spent = cpu_seconds(tree(process.pid))
        found = _read(outputs, keys, process, log)
        seconds, whole = monotonic() - began, tree(process.pid)
        return Measured(seconds, cpu_seconds(whole) - spent, peak_mb(whole), found)


@contextmanager
def _process(
    command: Sequence[str], environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[str]]:
    with log.open("wb") as errors:
        process = subprocess.Popen(
            tied(command, signal.SIGKILL),
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield process
    finally:
        kill_tree(process.pid)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _wait_until_ready(process: subprocess.Popen[str], name: str, log: Path) -> float:
    found, at = Event(), [0.0]

    def read(lines: IO[str]) -> None:
        # To the end: a full pipe would stop the peer.
        for line in lines:
            if line.strip() == "ready" and not found.is_set():
                at[0] = monotonic()
                found.set()

    if process.stdout is None:
        raise AssertionError("a peer without standard output")
    Thread(target=read, args=(process.stdout,), daemon=True).start()
    limit = monotonic() + READY_S
    while not found.wait(POLL_S):
        if process.poll() is not None or monotonic() > limit:
            raise PeerFailedError(f"{name} is not ready: {_end_of(log)}")
    return at[0]


def _read(
    outputs: Consumer, keys: int, process: subprocess.Popen[str], log: Path
) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    seen: set[bytes] = set()
    limit = monotonic() + LIMIT_S
    while len(seen) < keys:
        for message in outputs.consume(AT_ONCE, POLL_S):
            if message.error() is None:
                key, value = message.key(), message.value()
                found.append((bytes(key or b""), bytes(value or b"")))
                seen.add(found[-1][0])
        if process.poll() is not None or monotonic() > limit:
            raise PeerFailedError(f"{len(seen)} of {keys} keys came: {_end_of(log)}")
    return found


@contextmanager
def _consumer(access: KafkaAccess, topic: str, group: str) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            **access.for_librdkafka(),
            "group.id": f"{group}-outputs",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 20,
            "fetch.queue.backoff.ms": 10,
        }
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    try:
        yield consumer
    finally:
        consumer.close()


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-2_000:]
