"""Run a command in the test's own process, which costs no start of an interpreter."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.errors import KprError


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str
    error: KprError | None = None

    @property
    def json(self) -> Any:
        """The JSON value on standard output."""
        return json.loads(self.out)


def here(*words: str) -> Ran:
    """Run a command of the command line; an error that is no KprError is raised."""
    done = CliRunner().invoke(build_cli(), words)
    if isinstance(done.exception, KprError):
        return Ran(done.exception.exit_code, done.stdout, done.stderr, done.exception)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)
