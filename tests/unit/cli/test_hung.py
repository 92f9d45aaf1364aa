"""Commands before a server that accepts a connection and never answers: they give up."""

from __future__ import annotations

import shlex
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kpr_stream.cli import main
from kpr_stream.database import connect as database
from kpr_stream.embedded.credentials import ensure_keyring
from kpr_stream.embedded.layout import Layout
from kpr_stream.kafka import close, limits
from kpr_stream.model.words import System
from kpr_stream.operate import newest, send
from kpr_stream.operate.quarantine import find
from kpr_stream.sinks import compare
from tests.support.certified import Register
from tests.support.commands_of_cli import COMMANDS, OPERATE, example

SHORT_S = 0.2
ASKING = [path for path in COMMANDS if path[0] in OPERATE or path == ("sink", "verify")]
"""Every command for operators asks a server: there is no exception to list."""


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Set the addresses of both servers to one that is silent; the limits are short."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for name, value in {
            "KPR_HOME": str(tmp_path),
            "KPR_KAFKA_BOOTSTRAP": address,
            "KPR_KAFKA_USERNAME": "operator",
            "KPR_KAFKA_PASSWORD": "none",
            "KPR_POSTGRES_DSN": f"postgresql://operator:none@{address}/kpr",
        }.items():
            monkeypatch.setenv(name, value)
        _certify(monkeypatch, tmp_path)
        layout = Layout(tmp_path)
        layout.make_folders()
        ensure_keyring(layout)
        short = replace(limits.IN_FRONT, connect_s=SHORT_S, answer_s=SHORT_S, patience_s=SHORT_S)
        for module in (newest, find, compare):
            monkeypatch.setattr(module, "IN_FRONT", short)
        monkeypatch.setattr(send, "CONNECT_S", SHORT_S)
        monkeypatch.setattr(close, "CLOSE_S", SHORT_S)
        monkeypatch.setattr(database, "CONNECT_TIMEOUT_S", SHORT_S)
        yield address


def _certify(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make the certificate that the example of ``release admit`` names."""
    register = Register(folder)
    register.certify(System.EG_INFODOC, "7.1")
    monkeypatch.setenv("KPR_CERTIFICATE_KEY_FILE", str(register.key_file))
    monkeypatch.chdir(folder)


@pytest.mark.parametrize("path", ASKING, ids=" ".join)
def test_a_command_gives_up_on_a_server_that_never_answers(
    path: tuple[str, ...],
    silent: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    words = shlex.split(example(path))
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capfd.readouterr()
    assert ended.value.code == 69, printed.err
    assert silent in printed.err
    assert printed.out == ""
    assert "Traceback" not in printed.err


def test_the_limits_of_a_command_end_in_time() -> None:
    """A hang at any point: while connecting, while reading, while sending."""
    read_s = limits.IN_FRONT.patience_s + 2 * limits.IN_FRONT.answer_s
    assert read_s <= limits.GIVE_UP_S
    for seconds in (limits.IN_FRONT.connect_s, send.SEND_S):
        assert seconds + close.CLOSE_S <= limits.GIVE_UP_S
    assert database.CONNECT_TIMEOUT_S <= limits.GIVE_UP_S
