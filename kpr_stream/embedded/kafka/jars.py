"""Fetch the broker's jars, pinned by version and SHA-256, into the Maven cache.

The list (``kafka_jars.csv``) holds what jgo resolves for ``ROOTS``. Rebuild it with
``python -m kpr_stream.embedded.kafka.jars``. With the whole list pinned, a start resolves
nothing, needs no JDK to sort jars into class path and modules (all belong on the class path),
notices a half download, and can name the missing jars without a network.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from importlib.resources import files
from pathlib import Path

from kpr_stream.errors import StackError

KAFKA_VERSION = "4.4.0"
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    # The broker logs through slf4j 1.7 but depends on no binding: this one has its log4j version.
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5!",
)
LIST_FILE = "kafka_jars.csv"
LOCK_FILE = ".kpr-stream.lock"
FETCH_TIMEOUT_S = 30
"""A proxy that swallows packets would block the start for ever."""
FETCHERS = 4
"""Jars fetched at the same time. Some mirrors refuse more as too many requests."""


@dataclass(frozen=True, slots=True, order=True)
class Jar:
    """One jar: its Maven coordinate and the SHA-256 of its bytes (hexadecimal)."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        """Return ``group:artifact:version``."""
        return f"{self.group}:{self.artifact}:{self.version}"

    def path(self, repository: Path) -> Path:
        """Return the jar's path in a repository with Maven's layout."""
        folder = repository.joinpath(*self.group.split("."), self.artifact, self.version)
        return folder / f"{self.artifact}-{self.version}.jar"


def pinned_jars() -> tuple[Jar, ...]:
    """Return the jars pinned by this release."""
    text = files("kpr_stream.embedded.kafka").joinpath(LIST_FILE).read_text("utf-8")
    return tuple(Jar(**row) for row in csv.DictReader(text.splitlines()))


def missing_jars(jars: Iterable[Jar], repository: Path) -> tuple[Jar, ...]:
    """Return the jars that the repository lacks or holds with other bytes."""
    return tuple(jar for jar in jars if _sha256(jar.path(repository)) != jar.sha256)


def ensure_jars(*, offline: bool, report: Callable[[str], None]) -> tuple[Path, ...]:
    """Return the paths of all jars; fetch missing ones. StackError names what cannot be fetched."""
    from jgo.constants import default_maven_repo

    repository = Path(default_maven_repo())
    jars = pinned_jars()
    missing = missing_jars(jars, repository)
    if missing and offline:
        raise StackError(
            f"These jars are missing in {repository}, and fetching is switched off: "
            f"{', '.join(jar.coordinate for jar in missing)}.",
            what_to_do="Run `kpr-stream up` once with a network, or copy a filled Maven cache "
            "there (M2_REPO names its folder).",
        )
    if missing:
        with _locked(repository):
            # Another start may have fetched them while this one waited for the lock.
            missing = missing_jars(jars, repository)
            if missing:
                report(f"fetching {len(missing)} of {len(jars)} jars into {repository}")
            with ThreadPoolExecutor(FETCHERS) as pool:
                list(pool.map(lambda jar: _fetch(jar, repository), missing))
    return tuple(jar.path(repository) for jar in jars)


@contextmanager
def _locked(repository: Path) -> Iterator[None]:
    """Let one start fetch at a time: two would delete each other's half downloads as broken."""
    import fcntl  # missing on Windows, where no broker is started

    repository.mkdir(parents=True, exist_ok=True)
    with (repository / LOCK_FILE).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def resolve_jars() -> tuple[Jar, ...]:
    """Resolve ``ROOTS`` with jgo over the network, into the list as it should be."""
    from jgo.maven import MavenContext

    context = MavenContext(timeout=FETCH_TIMEOUT_S)
    inputs, further = context.resolver.resolve([context.create_dependency(r) for r in ROOTS])
    needed = [*inputs, *(d for d in further if d.scope in ("compile", "runtime"))]
    artifacts = [d.artifact for d in needed]
    return tuple(
        sorted(
            Jar(a.groupId, a.artifactId, a.version, _sha256(Path(a.resolve())) or "")
            for a in artifacts
        )
    )


def _fetch(jar: Jar, repository: Path) -> None:
    from jgo.maven import MavenContext

    path = jar.path(repository)
    context = MavenContext(repo_cache=repository, timeout=FETCH_TIMEOUT_S)
    try:
        path.unlink(missing_ok=True)
        context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    except Exception as cause:  # noqa: BLE001 - requests, urllib3, OSError and RuntimeError alike
        raise _not_fetched(jar, path, f"{type(cause).__name__}: {cause}") from None
    if _sha256(path) != jar.sha256:
        path.unlink(missing_ok=True)
        raise _not_fetched(jar, path, "the fetched bytes differ from the pinned SHA-256")


def _not_fetched(jar: Jar, path: Path, why: str) -> StackError:
    return StackError(
        f"The jar {jar.coordinate} could not be fetched to {path}: {why}.",
        what_to_do="Check the connection to Maven Central (HTTPS_PROXY), or copy the jar there.",
    )


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _write_list() -> None:
    with Path(__file__).with_name(LIST_FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(f.name for f in fields(Jar))
        writer.writerows(astuple(jar) for jar in resolve_jars())


if __name__ == "__main__":
    _write_list()
