"""The tree drawn in the docstring is the tree of classes."""

from __future__ import annotations

import inspect
import re

import pytest

from kpr_stream import errors
from kpr_stream.errors import ContractError, KprError, RefusedError
from tests.support.repository import PACKAGE

LINE = re.compile(r"^(?P<depth>[ │├└─]*)(?P<name>\w+Error)\b.*?(?:\bexit (?P<code>\d+))?$")


def _classes() -> dict[str, type[KprError]]:
    found = vars(errors).values()
    return {c.__name__: c for c in found if inspect.isclass(c) and issubclass(c, KprError)}


def _drawn() -> list[tuple[str, str | None, int | None]]:
    """(name, parent, exit code) of every line of the drawing."""
    drawn: list[tuple[str, str | None, int | None]] = []
    above: list[str] = []
    for line in inspect.cleandoc(errors.__doc__ or "").splitlines():
        if match := LINE.match(line):
            depth = len(match["depth"].removeprefix("    ")) // 4
            above[depth:] = [match["name"]]
            parent = above[depth - 1] if depth else None
            drawn.append((match["name"], parent, int(match["code"]) if match["code"] else None))
    return drawn


def test_every_class_is_drawn_under_its_parent() -> None:
    classes = _classes()
    assert {name: parent for name, parent, _ in _drawn()} == {
        name: None if c is KprError else c.__mro__[1].__name__ for name, c in classes.items()
    }


def test_the_exit_codes_drawn_are_the_codes_of_the_classes() -> None:
    classes = _classes()
    for name, _, code in _drawn():
        if code is not None:
            assert classes[name].exit_code == code, name


def test_every_exit_code_of_a_branch_is_drawn() -> None:
    drawn = {name: code for name, _, code in _drawn()}
    for name, one in _classes().items():
        if "exit_code" in vars(one) and one not in {KprError, ContractError}:
            assert drawn[name] == one.exit_code, name


@pytest.mark.parametrize("name", sorted(_classes()))
def test_every_class_is_explained_and_tells_what_to_do(name: str) -> None:
    one = _classes()[name]
    assert (one.__doc__ or "").strip().split(".")[0]
    code = {"code": "UNDECODABLE"} if issubclass(one, ContractError) else {}
    error = one("The file a.csv has no header.", what_to_do="Export it again.", **code)
    assert str(error) == "The file a.csv has no header. Export it again."
    assert error.message == "The file a.csv has no header."
    # 1 is what a crash ends with, too: only an answer that says no ends so, as `tell` does.
    assert (1 if one is RefusedError else 2) <= one.exit_code < 126


SIGNALS = {
    "AbortNeededError",
    "JsonFlawError",
    "JsonTextError",
    "NoUnitError",
    "StoppedError",
    "UnreadableTimeError",
    "UnreadableValueError",
}
"""From one module to the next, and always caught there: no caller of the package ever sees one."""


def test_no_public_error_class_lives_outside_the_tree() -> None:
    """Whoever catches KprError catches everything that is raised on purpose."""
    pattern = re.compile(
        r"^class ([A-Za-z]\w+)\((?:\w+\.)?\w*(?:Error|Exception|Warning)\b", re.MULTILINE
    )
    strays = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "errors.py"
        for name in pattern.findall(path.read_text("utf-8"))
        if name not in SIGNALS
    }
    assert strays == set()
