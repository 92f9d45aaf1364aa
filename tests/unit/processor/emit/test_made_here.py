"""Output records and their headers are made in ``processor/emit`` and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import kpr_stream

PACKAGE = Path(kpr_stream.__file__).parent
EMIT = PACKAGE / "processor" / "emit"
OWN = PACKAGE / "model" / "header.py"
"""The header's own module: it reads headers from bytes."""
MADE = frozenset({"OutputRecord", "LedgerHeader", "PackedHeader"})


def makers(source: str) -> list[int]:
    """The lines that make an output record or a header, by the class or a method of it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func
            of_class = called.value if isinstance(called, ast.Attribute) else called
            if isinstance(of_class, ast.Name) and of_class.id in MADE:
                found.append(node.lineno)
    return found


def test_no_other_room_makes_one() -> None:
    others = [p for p in PACKAGE.rglob("*.py") if EMIT not in p.parents and p != OWN]
    assert len(others) > 200
    found = {str(p.relative_to(PACKAGE)): makers(p.read_text("utf-8")) for p in others}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_every_way_of_making_one_is_seen() -> None:
    assert makers("OutputRecord(1)\nx = LedgerHeader(1, 2)\nLedgerHeader.caused_by(x)") == [1, 2, 3]
    assert makers("def f(x: OutputRecord) -> LedgerHeader: ...") == []
    assert sum(len(makers(p.read_text("utf-8"))) for p in EMIT.glob("*.py")) > 10
