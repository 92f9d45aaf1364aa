"""Fetching jars: only missing ones, one start at a time, and no bytes but the pinned."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import jgo.constants
import jgo.maven
import pytest

from kpr_stream.embedded.kafka import jars
from kpr_stream.embedded.kafka.jars import Jar, ensure_jars, missing_jars
from kpr_stream.errors import StackError

GOOD = b"the bytes of a jar"
JARS = tuple(
    Jar("org.example", name, "1.0", sha256(GOOD).hexdigest()) for name in ("one", "two", "three")
)
Serve = Callable[[Jar], bytes]


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let this release need three jars, and Maven's cache be an empty folder."""
    monkeypatch.setattr(jars, "pinned_jars", lambda: JARS)
    monkeypatch.setattr(jgo.constants, "default_maven_repo", lambda: tmp_path / "m2")
    return tmp_path / "m2"


def serving(monkeypatch: pytest.MonkeyPatch, repository: Path, serve: Serve) -> list[str]:
    """Let Maven Central answer so; return the names of what is fetched."""
    fetched: list[str] = []

    class Context:
        def __init__(self, **_: Any) -> None:
            self.name = ""

        def project(self, _: str, name: str) -> Context:
            self.name = name
            return self

        def at_version(self, _: str) -> Context:
            return self

        def artifact(self) -> Context:
            return self

        def resolve(self) -> None:
            fetched.append(self.name)
            (jar,) = (one for one in JARS if one.artifact == self.name)
            put(jar, repository, serve(jar))

    monkeypatch.setattr(jgo.maven, "MavenContext", Context)
    return fetched


def put(jar: Jar, repository: Path, content: bytes) -> None:
    path = jar.path(repository)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_only_missing_and_half_downloads_are_fetched_and_a_second_start_fetches_nothing(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    fetched = serving(monkeypatch, repository, lambda _: GOOD)
    put(JARS[0], repository, GOOD)
    put(JARS[1], repository, GOOD[:5])
    reported: list[str] = []
    paths = ensure_jars(offline=False, report=reported.append)
    assert paths == tuple(jar.path(repository) for jar in JARS)
    assert sorted(fetched) == ["three", "two"]
    assert reported == [f"fetching 2 of 3 jars into {repository}"]
    assert missing_jars(JARS, repository) == ()
    ensure_jars(offline=True, report=reported.append)
    assert (len(fetched), len(reported)) == (2, 1)


def test_other_bytes_than_the_pinned_are_refused_and_not_kept(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    serving(monkeypatch, repository, lambda jar: b"changed" if jar is JARS[2] else GOOD)
    with pytest.raises(StackError, match="the fetched bytes differ from the pinned SHA-256") as no:
        ensure_jars(offline=False, report=lambda _: None)
    assert JARS[2].coordinate in no.value.message
    assert missing_jars(JARS, repository) == (JARS[2],)
    assert not JARS[2].path(repository).exists()


def test_a_jar_that_cannot_be_fetched_is_named_with_the_cause(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    def unreachable(_: Jar) -> bytes:
        raise ConnectionError("no route")

    serving(monkeypatch, repository, unreachable)
    with pytest.raises(StackError, match=r"could not be fetched to .*: ConnectionError: no route"):
        ensure_jars(offline=False, report=lambda _: None)


def test_offline_every_missing_jar_is_named_and_nothing_is_fetched(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    fetched = serving(monkeypatch, repository, lambda _: GOOD)
    put(JARS[0], repository, GOOD)
    with pytest.raises(StackError) as refused:
        ensure_jars(offline=True, report=lambda _: None)
    named = [jar.coordinate in refused.value.message for jar in JARS]
    assert (named, fetched) == ([False, True, True], [])
