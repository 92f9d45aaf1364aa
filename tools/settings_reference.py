"""Makes `deploy/settings.reference.env` anew: `python -m tools.settings_reference`."""

from __future__ import annotations

import json
from pathlib import Path

from kpr_stream.settings import Settings
from tests.support.repository import ROOT
from tools.generated import write

FILE = ROOT / "deploy" / "settings.reference.env"
HEAD = """\
# Every setting of KPR Stream, with its default and its meaning. Nothing else is read from the
# environment. A line that begins with `# KPR_` has no default: unset means what its meaning says.
"""
HEADINGS = {
    "environment": "Where this runs",
    "kafka_bootstrap": "Kafka",
    "postgres_dsn": "PostgreSQL",
    "registry_port": "Schema endpoints",
    "keyring_file": "Keys",
    "reference_dir": "Reference data",
    "app_id": "The worker",
    "outbox_dir": "The connector",
    "disclosure_threshold": "Reports",
}
"""Before which setting a new part of the file begins."""


def text(default: object) -> str | None:
    """A default as it is written in an environment file; None for no value."""
    if default is None:
        return None
    return json.dumps(default) if isinstance(default, bool) else str(default)


def reference() -> str:
    """The whole file."""
    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        if name in HEADINGS:
            parts.append(f"# ---- {HEADINGS[name]} ----\n")
        value = text(field.default)
        key = f"KPR_{name.upper()}"
        setting = f"# {key}=" if value is None else f"{key}={value}"
        parts.append(f"# {field.description}\n{setting}\n")
    return "\n".join(parts)


def files() -> dict[Path, str]:
    """The file and its text."""
    return {FILE: reference()}


if __name__ == "__main__":
    write(files())
