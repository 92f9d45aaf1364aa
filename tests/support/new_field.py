"""Send a field that no release has through everything, in a copy of the package.

A process of its own (``new_field_sender``) imports the copy. The changes are all that a new field
of the message may need: a version of the item schema, a version of the cleaned schema, their
entries in the catalogue, and one row of the mapping.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.support.repository import PACKAGE, ROOT, SCHEMAS

NAME, OBJECT, KEY, WRITTEN, VALUE = "screen_minutes", "vaner", "skjermtidMinutter", "45", 45
LAST_ROW: Final = '    Field("weight_g", '
NEW_ROW: Final = f'    Field("{NAME}", "{OBJECT}/{KEY}", Converter.INTEGER),\n'
ITEM, CLEANED = "consultation_item", "consultation"


def sent_through_a_copy(folder: Path, *, with_row: bool = True) -> dict[str, Any]:
    """Return what a copy of the package in ``folder`` made of an export with the new field."""
    package = folder / "kpr_stream"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SCHEMAS, package / "avro_schemas")
    (folder / "tests").symlink_to(ROOT / "tests")
    for record in (ITEM, CLEANED):
        _add_version(package / "avro_schemas", record)
    if with_row:
        rows = package / "connectors" / "mapping" / "fields.py"
        before = rows.read_text("utf-8")
        rows.write_text(before.replace(LAST_ROW, NEW_ROW + LAST_ROW, 1), "utf-8")
        assert rows.read_text("utf-8") != before
    run = subprocess.run(
        [sys.executable, "-P", "-m", "tests.support.new_field_sender"],
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    assert found["package"] == str(package / "__init__.py")
    return found


def _add_version(folder: Path, record: str) -> None:
    path = folder / "catalogue.json"
    catalogue = json.loads(path.read_text("utf-8"))
    newest = max(catalogue[record], key=lambda entry: entry["version"])
    schema = json.loads((folder / newest["file"]).read_text("utf-8"))
    schema["fields"].append(
        {"name": NAME, "type": ["null", "int"], "doc": "Minutes a day.", "default": None}
    )
    version, name = newest["version"] + 1, f"{record}.v{newest['version'] + 1}.avsc"
    (folder / name).write_text(json.dumps(schema), "utf-8")
    catalogue[record].append({"version": version, "id": 9_000 + newest["id"], "file": name})
    path.write_text(json.dumps(catalogue), "utf-8")
