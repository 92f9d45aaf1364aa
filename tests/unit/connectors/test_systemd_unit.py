"""The systemd unit of the connector: it is hardened, and its command line exists."""

from __future__ import annotations

import configparser
import shlex

import typer

from kpr_stream.cli.app import build_cli
from kpr_stream.settings import Settings
from tests.support.repository import ROOT

UNIT = ROOT / "deploy" / "systemd" / "kpr-connect@.service"
HARDENED = (
    *("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectKernelModules", "LockPersonality"),
    *("RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "ProtectClock"),
)


def _lines(section: str) -> list[tuple[str, str]]:
    """Lines of a section; systemd takes a key many times."""
    found: list[tuple[str, str]] = []
    at = ""
    for line in UNIT.read_text("utf-8").splitlines():
        if line.startswith("["):
            at = line.strip("[]")
        elif at == section and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((key, value))
    return found


def test_the_unit_is_an_ini_file_with_every_protection() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT, "utf-8")
    service = parser["Service"]
    assert {name: service[name] for name in HARDENED} == dict.fromkeys(HARDENED, "yes")
    assert service["ProtectSystem"] == "strict"
    assert (service["UMask"], service["StateDirectoryMode"]) == ("0077", "0700")


def test_its_command_and_its_settings_exist() -> None:
    service = dict(_lines("Service"))
    program, *words = shlex.split(service["ExecStart"].replace("%i", "visma-hspro"))
    assert program.endswith("/kpr-stream")
    command = typer.main.get_command(build_cli())
    for word in words[:2]:
        command = command.commands[word]  # type: ignore[attr-defined]
    options = {name for one in command.params for name in one.opts}
    assert {word for word in words if word.startswith("--")} <= options
    names = [value.partition("=")[0] for key, value in _lines("Service") if key == "Environment"]
    fields = {f"KPR_{name.upper()}" for name in Settings.model_fields}
    assert {name.removesuffix("_FILE") for name in names} <= fields | {"KPR_KAFKA_PASSWORD"}
