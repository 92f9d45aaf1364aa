"""Follow a page of commands in one shell, and end all that they start, however that ends.

``python -m tests.support.followed HOME`` is the guard: it reads the number of the shell's process
group, waits until the tests let go of it or are killed, and then ends the group and the stack.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpr_stream.embedded.stop import stop_stack
from tests.support.repository import ROOT
from tests.support.stack import stack_settings

BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
SAVE_AS: Final = re.compile(r"Save this as `([\w.]+)`")
DONE: Final = "--- done: step "


@dataclass(frozen=True, slots=True)
class Step:
    """A numbered section of a page."""

    number: int
    prose: str
    """Its text without the blocks, in one line."""
    blocks: tuple[tuple[str, str], ...]
    """Language (empty: the shell's) and text of each block."""

    def commands(self) -> str:
        """Return what the reader does: runs the shell's blocks, saves the others as it says."""
        names = SAVE_AS.findall(self.prose)
        files = [text for language, text in self.blocks if language]
        if len(names) != len(files):
            raise AssertionError(f"step {self.number}: {len(files)} files, and {names} to save")
        saved = [
            f"printf %s {shlex.quote(text)} > {name}\n"
            for name, text in zip(names, files, strict=True)
        ]
        return "".join([*saved, *(text for language, text in self.blocks if not language)])


def steps_of(page: str) -> list[Step]:
    """Return the numbered sections of a page, in their order."""
    found = []
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        if number := re.match(r"(\d+)\. ", section):
            prose = " ".join(BLOCK.sub("", section).split())
            blocks = tuple((one[1], one[2]) for one in BLOCK.finditer(section))
            found.append(Step(int(number[1]), prose, blocks))
    return found


@contextmanager
def guarded(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a guard for the length of the block; it acts at the end of the block or of the tests."""
    guard = subprocess.Popen(
        [sys.executable, "-m", "tests.support.followed", str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert guard.stdin is not None
    try:
        yield guard
    finally:
        guard.stdin.close()
        assert guard.wait() == 0, f"the guard of {home} failed: a stack may still run there"


def follow(
    steps: Iterable[tuple[int, str]],
    folder: Path,
    environment: Mapping[str, str],
    *,
    home: Path,
    within_s: float,
) -> dict[int, str]:
    """Run the commands of each step in one shell; what each printed, by its number.

    AssertionError with all that was printed if a command fails. The shell's processes and the stack
    of ``home`` have ended afterwards.
    """
    parts = [f"{commands}\necho '{DONE}{number}'\n" for number, commands in steps]
    log = folder / "followed.log"
    with guarded(home) as keeper, log.open("wb") as output:
        shell = subprocess.Popen(
            ["/bin/sh", "-e", "-c", "".join(parts)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        assert keeper.stdin is not None
        keeper.stdin.write(f"{shell.pid}\n".encode())
        keeper.stdin.flush()
        code = shell.wait(within_s)
    printed = log.read_text("utf-8", "replace")
    assert code == 0, printed
    pieces = re.split(rf"^{DONE}(\d+)\n", printed, flags=re.MULTILINE)
    return {int(number): text for text, number in zip(pieces[::2], pieces[1::2], strict=False)}


def guard(home: Path) -> None:
    """Wait for the end of standard input, then end the group named in it and the stack."""
    group = sys.stdin.readline().strip()
    sys.stdin.read()
    if group:
        with suppress(ProcessLookupError):
            os.killpg(int(group), signal.SIGKILL)
    stop_stack(stack_settings(home))


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
