"""The peers: how each is started, and what it guarantees."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ENVIRONMENTS: Final = HERE / ".env"
"""One virtual environment for each peer that has packages of its own. Ignored by Git."""


class CannotRunError(Exception):
    """A peer cannot run on this machine; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One program on the bare work."""

    name: str
    title: str
    semantics: str
    """What it guarantees, in a few words for a table."""
    module: str = ""
    python: str = ""
    """The Python that it needs; the project's own if it needs no environment."""
    script: str = ""
    """A command instead of a module, below this folder."""

    def command(self) -> Sequence[str]:
        """Return the command; makes the environment at first use. CannotRunError if it cannot."""
        if self.script:
            script = HERE / self.script
            if not script.exists():
                raise CannotRunError(f"{self.script} is missing")
            return (str(script),)
        python = self._environment() if self.python else sys.executable
        return (python, "-m", f"bench.peers.apps.{self.module}")

    @property
    def words(self) -> dict[str, str]:
        """Return what the results and their page call it."""
        return {"title": self.title, "semantics": self.semantics}

    @property
    def requirements(self) -> Path:
        """Return the file of its pinned packages."""
        return HERE / "apps" / f"{self.module}.txt"

    def _environment(self) -> str:
        folder = ENVIRONMENTS / self.module
        python, done = folder / "bin" / "python", folder / "made-from.txt"
        wanted = self.requirements.read_text("utf-8")
        if not done.exists() or done.read_text("utf-8") != wanted:
            _run([_found(self.python), "-m", "venv", "--clear", str(folder)])
            _run([str(python), "-m", "pip", "install", "--quiet", "-r", str(self.requirements)])
            done.write_text(wanted, "utf-8")
        return str(python)


PEERS: Final = (
    Peer(
        name="plain-loop",
        title="plain loop (aiokafka, a dictionary)",
        semantics="none: state is lost, outputs are lost or doubled",
        module="plain_loop",
    ),
    Peer(
        name="faust",
        title="Faust with a table",
        semantics="at least once",
        module="faust_table",
    ),
    Peer(
        name="quix-streams",
        title="Quix Streams",
        semantics="exactly once",
        module="quix_app",
        python="python3.11",
    ),
    Peer(
        name="flechtwerk",
        title="Flechtwerk, two stages",
        semantics="exactly once",
        module="flechtwerk_stages",
        python="python3.13",
    ),
    Peer(
        name="kafka-streams",
        title="Kafka Streams (Java)",
        semantics="exactly once",
        script="kafka_streams/run.sh",
    ),
    Peer(
        name="ours-bare",
        title="ours on the bare work",
        semantics="exactly once",
        module="ours",
    ),
)
BY_NAME: Final[Mapping[str, Peer]] = {peer.name: peer for peer in PEERS}


def versions() -> dict[str, str]:
    """Return the release of each peer's library."""
    found = {"faust": f"faust-streaming {version('faust-streaming')}"}
    for peer in PEERS:
        if peer.python:
            found[peer.name] = peer.requirements.read_text("utf-8").split()[0].replace("==", " ")
    pom = HERE / "kafka_streams" / "pom.xml"
    if pom.exists():
        named = re.search(r"<kafka\.version>(.+?)<", pom.read_text("utf-8"))
        found["kafka-streams"] = f"Kafka Streams {named[1] if named else ''}".strip()
    return found


def _found(name: str) -> str:
    """Return a Python of this name or of a version manager, or raise CannotRunError."""
    for candidate in (shutil.which(name), *_managed(name)):
        if candidate and _works(candidate):
            return candidate
    raise CannotRunError(f"there is no {name} on this machine")


def _managed(name: str) -> list[str]:
    version = name.removeprefix("python")
    folders = Path("~/.pyenv/versions").expanduser().glob(f"{version}.*")
    return [str(folder / "bin" / name) for folder in sorted(folders)]


def _works(python: str) -> bool:
    try:
        return (
            subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRunError(f"{' '.join(command[1:4])} failed: {done.stderr.strip()[-300:]}")
