"""Format and start the broker: one KRaft node on loopback, every login by SCRAM."""

from __future__ import annotations

import asyncio
import shutil
import signal
import uuid
from asyncio.subprocess import Process
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kpr_stream.embedded.children.process import run, spawn
from kpr_stream.embedded.children.wait import wait_until_listening
from kpr_stream.embedded.diagnose import diagnose_start_failure
from kpr_stream.embedded.files import continue_log, write_text
from kpr_stream.embedded.kafka.java import HEAP, HEAP_START, java_command
from kpr_stream.embedded.kafka.settings import BROKER
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.ports import LOOPBACK
from kpr_stream.model.topics import Role
from kpr_stream.model.tuned import as_properties

START_LIMIT_S = 120.0
"""Long enough to recover large logs after a hard stop. After it the broker counts as hanging."""

PAUSES = ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35")
"""The collector options of Kafka's own start script. Longer pauses would delay receipts."""

_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"

_LOG4J = """\
# Warnings of everything, the course of the broker, and every refused right.
rootLogger.level = WARN
rootLogger.appenderRef.file.ref = file
logger.raft.name = kafka.server.KafkaRaftServer
logger.raft.level = INFO
logger.broker.name = kafka.server.BrokerServer
logger.broker.level = INFO
logger.authorizer.name = kafka.authorizer.logger
logger.authorizer.level = INFO
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss'Z'}}{{UTC}} %p %c - %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 4
"""


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """Everything needed to start the broker."""

    layout: Layout
    jars: tuple[Path, ...]
    port: int
    controller_port: int
    passwords: Mapping[str, str]

    @property
    def data(self) -> Path:
        """Return the broker's log directory."""
        return self.layout.kafka / "data"

    @property
    def log(self) -> Path:
        """Return the broker's log file, rolled at 10 MB."""
        return self.layout.logs / "kafka.log"

    @property
    def output(self) -> Path:
        """Return the file with the virtual machine's output, of earlier starts too."""
        return self.layout.logs / "kafka.out"


def server_properties(plan: BrokerPlan, data: Path) -> dict[str, str]:
    """Return the broker's configuration: the tuned settings, then addresses, folders and logins.

    The controller listener requires a login too. Without one, any process on the machine could
    change topics and rights there, past the authorizer.
    """
    admin, password = str(Role.ADMIN), plan.passwords[Role.ADMIN]
    login = f'username="{admin}" password="{password}"'
    return {
        **as_properties(BROKER),
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{plan.controller_port}",
        "listeners": f"CLIENT://{LOOPBACK}:{plan.port},"
        f"CONTROLLER://{LOOPBACK}:{plan.controller_port}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "sasl.enabled.mechanisms": "SCRAM-SHA-256",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.client.scram-sha-256.sasl.jaas.config": f"{_SCRAM} required {login};",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": f"{_PLAIN} required {login} "
        f'user_{admin}="{password}";',
        # A new cluster has no rights yet, so only a super user can create its topics and rights.
        "super.users": f"User:{admin}",
        "log.dirs": str(data),
    }


async def start_broker(plan: BrokerPlan, register: Callable[[Process], None]) -> None:
    """Start the broker and wait until it listens; format its folder on the first start.

    ``register`` receives the process at once, so that a failed start still ends it. If the broker
    ends first, the error names the cause from its log.
    """
    if not plan.data.exists():
        await _format(plan)
    write_text(plan.layout.kafka / "log4j2.properties", _LOG4J.format(log=plan.log))
    properties_file = _write_properties(plan, "server.properties", plan.data)
    command = _java(
        plan, "kafka.args", (*PAUSES, HEAP_START, HEAP), "Kafka", (str(properties_file),)
    )
    continue_log(plan.output)
    process = await spawn(
        command, death_signal=signal.SIGKILL, log=plan.output, cwd=plan.layout.kafka
    )
    register(process)
    if not await wait_until_listening(process, plan.port, START_LIMIT_S):
        raise diagnose_start_failure("Kafka", (plan.log, plan.output), plan.data)


async def _format(plan: BrokerPlan) -> None:
    """Format a temporary folder and rename it, so that a half format is never used."""
    fresh = plan.layout.kafka / "data.new"
    await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    properties_file = _write_properties(plan, "format.properties", fresh)
    cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    users = [
        part
        for name, password in plan.passwords.items()
        for part in ("--add-scram", f"SCRAM-SHA-256=[name={name},password={password}]")
    ]
    options = (f"--cluster-id={cluster_id}", "--config", str(properties_file))
    arguments = ("format", *options, *users)
    command = _java(plan, "format.args", ("-Xmx256m",), "tools.StorageTool", arguments)
    continue_log(plan.output)
    code = await run(command, log=plan.output, cwd=plan.layout.kafka)
    if code != 0:
        raise diagnose_start_failure("Formatting for Kafka", (plan.output, plan.log), plan.data)
    for name in ("format.args", "format.properties"):
        (plan.layout.kafka / name).unlink()
    fresh.rename(plan.data)


def _java(
    plan: BrokerPlan, name: str, options: Sequence[str], main: str, arguments: Sequence[str]
) -> tuple[str, ...]:
    return java_command(
        plan.layout.kafka / name,
        options=options,
        properties={"log4j2.configurationFile": str(plan.layout.kafka / "log4j2.properties")},
        jars=plan.jars,
        main=(f"kafka.{main}", *arguments),
    )


def _write_properties(plan: BrokerPlan, name: str, data: Path) -> Path:
    path = plan.layout.kafka / name
    lines = [
        f"{key}={value}".replace("\\", "\\\\")
        for key, value in server_properties(plan, data).items()
    ]
    write_text(path, "\n".join(lines) + "\n")
    return path
