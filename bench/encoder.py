"""Measure what writing a cleaned record costs, with our encoder and with fastavro.

    python -m bench.encoder [--rounds 15]

Four ways write the same records in one run and must give the same bytes. Each starts from what a
worker has: the columns of a frame, and the fields decided later for each record.

- ``fastavro``: one record at a time, refusing fields that the schema does not have;
- ``fastavro_unchecked``: the same, but a misspelt field is dropped silently;
- ``tables``: one record at a time, from tables of encoded values (``schemas/encoder.py``);
- ``by_column``: a frame at a time, then the decided fields around it (``schemas/rows.py``), as a
  worker does.

Rounds are interleaved and the median counts. Figures go to bench/results/encoder.json.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, Final

import fastavro

from bench.visits import visits
from kpr_stream.model import topics
from kpr_stream.schemas import rows, wire
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.encoder import FRAME
from tests.support.deliveries import source_record
from tests.support.receiver import Receiver

RESULTS: Final = Path(__file__).parent / "results" / "encoder.json"
NAME: Final = "consultation"
DELIVERIES, ITEMS_EACH = 8, 1_000
DECIDED: Final = (
    *("consultation_key", "status", "org_nr", "system", "extracted_at", "sequence", "received_at"),
    *("person_key", "group_key", "rule_set_version", "reference_version"),
)
"""The fields that a frame does not know. They are written around the frame's bytes."""

Record = dict[str, Any]


def main() -> None:
    """Measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    records = cleaned_records()
    ways = _ways(records)
    _require_equal_bytes(ways)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    gc.collect()
    gc.disable()  # a collection would count for the way it happens to interrupt
    for _ in range(rounds):
        for name, write in ways.items():
            began = process_time()
            write()
            seconds[name].append(process_time() - began)
            gc.collect()
    found = _result(seconds, records, rounds)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(json.dumps(found, indent=2))


def cleaned_records() -> list[Record]:
    """Return cleaned consultations as the receiver writes them.

    Dates and times are Avro's numbers, as in the columns of a frame.
    """
    receiver = Receiver()
    for n in range(DELIVERIES):
        receiver.take(source_record(visits(ITEMS_EACH, n * ITEMS_EACH), sequence=n + 1, offset=n))
    return [
        {name: _number(value) for name, value in record.items()}
        for record in receiver.read(topics.CONSULTATION, NAME)
    ]


def _number(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return (value - date(1970, 1, 1)).days if isinstance(value, date) else value


def _ways(records: Sequence[Record]) -> Mapping[str, Callable[[], list[bytes]]]:
    frames = [_frame(records[at : at + ITEMS_EACH]) for at in range(0, len(records), ITEMS_EACH)]

    def by_record(write: Callable[[Record], bytes]) -> Callable[[], list[bytes]]:
        return lambda: [
            write(dict(zip(columns, row, strict=True)) | later)
            for columns, decided in frames
            for row, later in zip(zip(*columns.values(), strict=True), decided, strict=True)
        ]

    def by_column() -> list[bytes]:
        return [
            rows.encode(NAME, content, later)
            for columns, decided in frames
            for content, later in zip(
                rows.by_column(NAME, columns, len(decided)), decided, strict=True
            )
        ]

    return {
        "fastavro": by_record(partial(_by_fastavro, checked=True)),
        "fastavro_unchecked": by_record(partial(_by_fastavro, checked=False)),
        "tables": by_record(partial(wire.encode, NAME)),
        "by_column": by_column,
    }


def _frame(records: Sequence[Record]) -> tuple[dict[str, list[Any]], list[Record]]:
    """Split records into the columns that a frame knows and the decided fields of each record."""
    known = [name for name in records[0] if name not in DECIDED]
    columns = {name: [r[name] for r in records] for name in known}
    return columns, [{name: r[name] for name in DECIDED} for r in records]


def _by_fastavro(record: Record, *, checked: bool) -> bytes:
    written = schema(NAME)
    out = io.BytesIO()
    out.write(FRAME.pack(0, written.id))
    fastavro.schemaless_writer(out, written.parsed, record, strict_allow_default=checked)
    return out.getvalue()


def _require_equal_bytes(ways: Mapping[str, Callable[[], list[bytes]]]) -> None:
    expected = ways["fastavro"]()
    for name, write in ways.items():
        if write() != expected:
            raise SystemExit(f"{name} does not write the bytes that fastavro writes")


def _result(
    seconds: Mapping[str, Sequence[float]], records: Sequence[Record], rounds: int
) -> dict[str, Any]:
    spent = {name: 1e6 * median(each) / len(records) for name, each in seconds.items()}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "fastavro": fastavro.__version__,
        "unit": "CPU microseconds a record, median of interleaved rounds",
        "rounds": rounds,
        "records": len(records),
        "bytes_a_record": round(sum(map(len, _ways(records)["fastavro"]())) / len(records)),
        "cpu_microseconds_a_record": {name: round(us, 2) for name, us in spent.items()},
        "ratio_to_fastavro": {name: round(us / spent["fastavro"], 2) for name, us in spent.items()},
    }


if __name__ == "__main__":
    main()
