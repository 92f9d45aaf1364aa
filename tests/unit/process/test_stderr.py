"""A panic's text, which may quote a value, reaches no log; Python's own lines do."""

from __future__ import annotations

import subprocess
import sys

SILENCE = "from kpr_stream.process.stderr import silence_native_stderr; silence_native_stderr()"
PANIC = """
import io, logging, sys, fastavro, polars
{silence}
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
CRASH = f"import ctypes; {SILENCE}; ctypes.string_at(0)"


def run(program: str) -> tuple[int, str]:
    """Return a program's exit code and what it wrote to standard error."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_a_panic_is_logged_but_not_quoted() -> None:
    assert run(PANIC.format(silence=SILENCE)) == (0, "WARNING:root:met PanicException\n")


def test_without_it_a_panic_is_quoted() -> None:
    _, written = run(PANIC.format(silence=""))
    assert "panicked at" in written


def test_a_crash_still_shows_its_stack() -> None:
    code, written = run(CRASH)
    assert code < 0
    assert "Segmentation fault" in written
    assert "string_at" in written
