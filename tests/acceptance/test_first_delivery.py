"""The page of the first delivery, followed word for word in an environment made as it says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.state import supervisor_pid
from tests.support.followed import Step, follow, steps_of
from tests.support.poll import HANGING_S, eventually
from tests.support.repository import ROOT, copy_tracked_files

PAGE: Final = Path("docs") / "vendor" / "first-delivery.md"
HOME: Final = ".kpr-stream"
HANGING_INSTALL_S: Final = 2_400.0
"""An environment is filled, Kafka fetched and a stack started, on a machine with other work."""
PRINTS: Final = re.compile(r" prints `([^`]+)`")
AGAIN: Final = re.compile(r"Send it again, and the answer is `(\w+)`")
MADE: Final = re.compile(r"\(`([\w/]+\.json)`\)")


def page_steps(folder: Path) -> list[Step]:
    return steps_of((folder / PAGE).read_text("utf-8"))


def usual_environment() -> dict[str, str]:
    """That of a vendor: nothing of this project, and the Python that its environment is made of."""
    names = ("HOME", "TMPDIR", "LANG", "LC_ALL", "USER")
    there = {name: os.environ[name] for name in names if name in os.environ}
    others = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_", "REQUESTS_", "http", "HTTP", "no_proxy", "NO_PROXY"))
    }
    return there | others | {"PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin"}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL may enter, which runs as another user where the tests are root."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.timeout(HANGING_INSTALL_S + HANGING_S)
def test_the_page_is_followed_word_for_word(open_folder: Path) -> None:
    copy = copy_tracked_files(open_folder / "copy")
    home = copy / HOME
    steps = {step.number: step for step in page_steps(copy)}
    assert f"in the folder `{HOME}`" in steps[2].prose
    commands = {number: step.commands() for number, step in steps.items()}
    # What the prose asks for beside the blocks: the sending once more.
    (sending,) = [number for number, step in steps.items() if AGAIN.search(step.prose)]
    again = 100 * sending
    order = [*range(1, sending + 1), again, *range(sending + 1, len(steps) + 1)]
    printed = follow(
        ((number, commands[sending if number == again else number]) for number in order),
        copy,
        usual_environment(),
        home=home,
        within_s=HANGING_INSTALL_S,
    )
    assert list(printed) == order
    expected = {number: PRINTS.findall(step.prose) for number, step in steps.items()}
    assert {number for number, words in expected.items() if words} == {4, 5}
    for number, words in expected.items():
        for word in words:
            assert word in printed[number].splitlines(), printed[number]
    (answer,) = AGAIN.findall(steps[sending].prose)
    assert printed[again].startswith(f"{answer} "), printed[again]
    assert (copy / ".venv" / "bin" / "kpr-stream").is_file()
    made = MADE.findall(steps[2].prose)
    assert made
    for name in made:
        assert (home / name).is_file(), name
    assert supervisor_pid(Layout.of(home)) is None


def test_the_steps_are_numbered_from_one_and_each_has_commands() -> None:
    steps = page_steps(ROOT)
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert all(step.commands().strip() for step in steps)


def test_a_command_that_fails_is_shown_and_ends_what_was_started(tmp_path: Path) -> None:
    steps = [(1, "sleep 3600 & echo $! > started"), (2, "echo to be seen; false"), (3, "echo no")]
    with pytest.raises(AssertionError, match="to be seen") as shown:
        follow(steps, tmp_path, os.environ, home=tmp_path / "home", within_s=HANGING_S)
    assert "done: step 1" in str(shown.value)
    assert "no\n" not in str(shown.value)
    eventually(lambda: not is_alive(int((tmp_path / "started").read_text("utf-8"))))


def test_what_was_started_ends_with_tests_that_are_killed(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tests.support.followed import follow;"
        "folder = Path(sys.argv[1]); commands = 'sleep 3600 & echo $! > started; wait';"
        "follow([(1, commands)], folder, os.environ, home=folder / 'home', within_s=3600)"
    )
    started = tmp_path / "started"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT) as tests:
        try:
            process = int(eventually(lambda: started.exists() and started.read_text("utf-8")))
        finally:
            tests.send_signal(signal.SIGKILL)
    eventually(lambda: not is_alive(process))


def is_alive(process: int) -> bool:
    """Whether a process runs; one that nobody has waited for has ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
