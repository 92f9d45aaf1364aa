"""What Rust says of a panic reaches no log; what Python says does."""

from __future__ import annotations

import subprocess
import sys

WITHHOLD = "from kpr_stream.process.stderr import withhold_native_words; withhold_native_words()"
PANIC = """
import io, logging, sys, fastavro, polars
{withhold}
logging.basicConfig()
kind = {{"type": "enum", "name": "kind", "symbols": ["A"]}}
fields = [{{"name": "kind", "type": ["null", kind]}}]
nullable = {{"type": "record", "name": "r", "fields": fields}}
written = io.BytesIO()
fastavro.writer(written, fastavro.parse_schema(nullable), [{{"kind": "A"}}])
written.seek(0)
try:
    polars.read_avro(written)
except BaseException as panic:
    logging.warning("met %s", type(panic).__name__)
"""
CRASH = f"import ctypes; {WITHHOLD}; ctypes.string_at(0)"


def said_by(program: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_a_panic_is_met_but_not_quoted() -> None:
    code, said = said_by(PANIC.format(withhold=WITHHOLD))
    assert (code, said) == (0, "WARNING:root:met PanicException\n")


def test_without_it_a_panic_is_quoted() -> None:
    _, said = said_by(PANIC.format(withhold=""))
    assert "panicked at" in said


def test_a_crash_tells_where_it_was() -> None:
    code, said = said_by(CRASH)
    assert code < 0
    assert "Segmentation fault" in said
    assert "string_at" in said
