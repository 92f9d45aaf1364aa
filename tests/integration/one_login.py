"""Run commands as on a real cluster: explicit addresses and one login, nothing embedded."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kpr_stream.database.access import postgres_dsn
from kpr_stream.embedded.layout import Layout
from kpr_stream.home import stack_address, stored_login
from kpr_stream.model.logins import NEEDS, SYSTEM, KeyFile, Needs, logins_for
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

VENDOR: Final = System.VISMA_HSPRO


@dataclass(frozen=True)
class Ran:
    exit_code: int
    out: Any
    err: str


class OneLogin:
    """Runs commands with explicit addresses and one login each, and notes which."""

    def __init__(self, settings: Settings, empty: Path, **more: str) -> None:
        self.settings, self.empty, self.more = settings, empty, more
        self.ran: set[tuple[str, str]] = set()

    def environment(self, needs: Needs, login: str) -> dict[str, str]:
        """All that a command is given."""
        layout = Layout.of(self.settings.home)
        files = {KeyFile.KEYRING: layout.keyring, KeyFile.PUBLIC_KEY: layout.public_keys}
        given = {"KPR_HOME": str(self.empty), **self.more}
        if login:
            given |= {
                "KPR_KAFKA_BOOTSTRAP": stack_address(self.settings, "kafka"),
                "KPR_KAFKA_USERNAME": login,
                "KPR_KAFKA_PASSWORD": clear(stored_login(self.settings, "kafka", login)),
            }
        if needs.database:
            given["KPR_POSTGRES_DSN"] = clear(postgres_dsn(self.settings, needs.database))
        if needs.keys:
            given[needs.keys.value] = str(files[needs.keys])
        return given

    async def run(self, command: str, *arguments: str, exits: Iterable[int] = (0,)) -> Ran:
        """Run a command with each of its logins; what it did with the first."""
        found = []
        for login in self.logins(NEEDS[command]):
            found.append(await self.run_as(login, command, *arguments))
            assert found[-1].exit_code in exits, f"{command} as {login}: {found[-1]}"
            self.ran.add((command, login))
        return found[0]

    def logins(self, needs: Needs) -> tuple[str, ...]:
        """The logins to try: of the four systems one is enough."""
        if needs.principal == SYSTEM:
            return (VENDOR,)
        return logins_for(needs) or ("",)

    async def run_as(self, login: str, command: str, *arguments: str) -> Ran:
        """Run a command with one of its logins; an empty one where it does not use Kafka."""
        outside = {name: value for name, value in os.environ.items() if name[:4] != "KPR_"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kpr_stream", *command.split(), *arguments),
            env=outside | {"PYTHONPATH": str(ROOT)} | self.environment(NEEDS[command], login),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), HANGING_S)
        finally:
            if process.returncode is None:
                process.kill()
        return Ran(process.returncode or 0, _json(out.decode()), err.decode())


def clear(secret: Any) -> str:
    return str(secret.get_secret_value())


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
