"""What may not stand in any file: registries' addresses, machine paths, bulk."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.repository import PACKAGE, ROOT, tracked_files

MAX_FILE_BYTES = 1_000_000
LONG = "pytest.mark." + "long"
MAX_MODULE_LINES = 400

# Written in pieces, or this file would be the first to break its own rule.
REGISTRIES = re.compile(
    "|".join(
        host.replace(" ", r"\.")
        for host in (
            "pypi org",
            "pypi python org",
            "files pythonhosted org",
            "registry npmjs",
            "repo1 maven org",
            "repo maven apache org",
            "proxy golang org",
            "conda anaconda org",
        )
    )
    + "|--(?:extra-)?index"
    + "-url [a-z]+:"
)
MACHINE_PATHS = re.compile(r"(?<![\w./<~])/(?:root|work|Users|home)/\w")


def _texts() -> list[tuple[Path, str]]:
    texts = []
    for path in tracked_files():
        data = path.read_bytes()
        if b"\0" not in data:
            texts.append((path.relative_to(ROOT), data.decode("utf-8")))
    return texts


@pytest.mark.parametrize("rule", [REGISTRIES, MACHINE_PATHS], ids=["registries", "paths"])
def test_no_file_names_a_registry_or_a_machine(rule: re.Pattern[str]) -> None:
    found = [
        f"{path}:{text[: match.start()].count(chr(10)) + 1}: {match[0]}"
        for path, text in _texts()
        for match in rule.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (REGISTRIES, "https://" + "pypi" + ".org/simple"),
        (REGISTRIES, "--index" + "-url http://mirror"),
        (MACHINE_PATHS, "see " + "/ro" + "ot/x"),
        (MACHINE_PATHS, "'" + "/ho" + "me/somebody'"),
    ],
)
def test_the_rules_find_what_they_are_for(rule: re.Pattern[str], text: str) -> None:
    assert rule.search(text)


def test_no_file_is_over_a_megabyte() -> None:
    large = [str(p.relative_to(ROOT)) for p in tracked_files() if p.stat().st_size > MAX_FILE_BYTES]
    assert large == []


def test_no_module_is_over_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := path.read_text("utf-8").count("\n")) > MAX_MODULE_LINES
    }
    assert long == {}


def test_every_package_is_installed_and_every_folder_of_tests_is_one() -> None:
    declared = (ROOT / "pyproject.toml").read_text("utf-8")
    for init in PACKAGE.rglob("__init__.py"):
        name = ".".join(init.parent.relative_to(ROOT).parts)
        assert f'"{name}"' in declared, f"{name} is not in pyproject's packages"
    for test in (ROOT / "tests").rglob("*.py"):
        assert (test.parent / "__init__.py").exists(), test.parent


def test_every_test_is_run_by_a_make_target() -> None:
    """`make test` runs the folders in pyproject, `make acceptance` its own and what is long."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = [*declared["tool"]["pytest"]["ini_options"]["testpaths"], "tests/acceptance"]
    for folder in folders:
        assert list((ROOT / folder).rglob("test_*.py")), f"{folder} has no tests"
    tests = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")]
    left_out = [str(path) for path in tests if not any(map(path.is_relative_to, folders))]
    assert left_out == []
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = r"^(test|acceptance):.*\n((?:(?:\t|if|else|endif).*\n)+)"
    targets = dict(re.findall(recipe, makefile, re.MULTILINE))
    runs = [line for line in targets["test"].splitlines() if "$(WAITING)" in line]
    assert runs
    assert all('-m "not long"' in line for line in runs)
    (run,) = [line for line in targets["acceptance"].splitlines() if "$(WAITING)" in line]
    assert '-m "long or acceptance"' in run
    named = [ROOT / word for word in run.split() if word.startswith("tests/")]
    assert ROOT / "tests" / "acceptance" in named
    long = [path for path in (ROOT / "tests").rglob("test_*.py") if LONG in path.read_text("utf-8")]
    assert long
    assert [path for path in long if not any(map(path.is_relative_to, named))] == []
