"""Measure how fast a connector sends, against packing and encrypting the same items alone.

    python -m bench.connector [--rounds 3] [--consultations 40000]

- ``reading``: parse the files and map their items;
- ``packing_and_encrypting``: cut, pack, number and seal them, as the connector does;
- ``connector``: the real command, from its start to the last receipt, before a receiver that
  answers at once and opens nothing; ``start_seconds`` is what it takes without any file.

Rounds are interleaved and the median counts. Figures go to bench/results/connector.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.machine import machine
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.delivery.contents import make_contents
from kpr_stream.connectors.delivery.number import UnitPayloads, numbered
from kpr_stream.connectors.delivery.seal import DeliveryHeader
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.source.export_folder import ExportFolder
from kpr_stream.connectors.source.interface import Document, Made, UnitPart
from kpr_stream.keys.access import public_key
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from tests.support.stack import one_stack

RESULTS: Final = Path(__file__).parent / "results" / "connector.json"
SYSTEM: Final = System.EG_INFODOC
GOAL: Final = 20_000
"""Items a second that the design asks of one connector."""
Read = list[tuple[Document, UnitPart, Made]]


def main() -> None:
    """Measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--consultations", type=int, default=40_000, help="of all four systems")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, one_stack(Path(folder) / "home") as settings:
        result = measured(
            settings, Path(folder), rounds=options.rounds, consultations=options.consultations
        )
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps(result, indent=2))


def measured(
    settings: Settings, folder: Path, *, rounds: int, consultations: int
) -> dict[str, Any]:
    """Measure on a running stack; return the machine and the figures. ``folder`` is filled."""
    machine_then = machine()
    exports = folder / "exports"
    expected = simulate(Plan(consultations, 1, 4), exports)
    items = expected["systems"][SYSTEM]["items_sent"]
    seconds: dict[str, list[float]] = {}
    with answering(settings):
        for number in range(rounds):
            found = one_round(settings, exports / SYSTEM, folder / f"outbox-{number}")
            for name, took in found.items():
                seconds.setdefault(name, []).append(took)
            print(found, file=sys.stderr)
    return {**machine_then, "rounds": rounds, "items": items, **rates(seconds, items)}


def one_round(settings: Settings, exports: Path, outbox: Path) -> dict[str, float]:
    """Measure every way once; return seconds."""
    found: dict[str, float] = {}
    began = time.perf_counter()
    read = read_all(exports)
    found["reading"] = time.perf_counter() - began
    began = time.perf_counter()
    pack_and_encrypt(read, settings)
    found["packing_and_encrypting"] = time.perf_counter() - began
    found["connector"] = connect(settings, exports, outbox)
    # The second run finds every file done: what is left is start, login and end.
    found["start"] = connect(settings, exports, outbox)
    return found


def read_all(exports: Path) -> Read:
    """Read and map every file of an export."""
    source = ExportFolder(exports, synthetic_profile(SYSTEM), synthetic_units=True)
    found: Read = []
    for series in source.series():
        for pending in series.pending:
            document = pending.open()
            found += [(document, part, part.make()) for part in document.parts(None)]
    return found


def pack_and_encrypt(read: Read, settings: Settings) -> None:
    """Make sealed deliveries of mapped items."""
    key = public_key(settings)
    numbers = {part.org_nr: 1 for _, part, _ in read}
    for document, part, made in read:
        cut = pack.cut(
            made.items,
            part.message_type,
            max_items=settings.delivery_max_items,
            max_bytes=settings.delivery_max_bytes,
        )
        for payload in cut.payloads:
            inside = cut.places_of(payload)
            make_contents(
                [made.items[at] for at in inside],
                part.message_type,
                key=b"k" * 32,
                org_nr=part.org_nr,
                places=[made.place_of(at) for at in inside],
            ).to_bytes()
        header = DeliveryHeader(
            system=SYSTEM,
            software_version="bench",
            message_type=part.message_type,
            contract_version=pack.contract_version(part.message_type),
            municipality_code=part.municipality_code,
            district_code=part.district_code,
            period_from=document.span.period_from,
            period_to=document.span.period_to,
            extracted_at=document.span.extracted_at,
        )
        (sealed,) = numbered([UnitPayloads(part.org_nr, header, cut.payloads)], numbers, key)
        numbers[part.org_nr] += len(sealed)


def connect(settings: Settings, exports: Path, outbox: Path) -> float:
    """Run the command until everything is answered; return the seconds that it took."""
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - the project's own command
        [
            *(sys.executable, "-m", "kpr_stream", "connect", str(exports)),
            *("--system", SYSTEM, "--json"),
        ],
        env=environment(settings) | {"KPR_OUTBOX_DIR": str(outbox)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


@contextmanager
def answering(settings: Settings) -> Iterator[None]:
    """Let a process answer every delivery for the length of the block."""
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.support.answerer", SYSTEM],
        env=environment(settings),
        stdout=subprocess.PIPE,
    ) as process:
        if process.stdout is not None:
            process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a process on the stack."""
    return os.environ | {"KPR_HOME": str(settings.home)}


def rates(seconds: dict[str, list[float]], items: int) -> dict[str, Any]:
    """Return items a second by the medians, and the ratios to packing and encrypting."""
    middle = {name: median(took) for name, took in seconds.items()}
    alone = middle["packing_and_encrypting"]
    sending = max(middle["connector"] - middle["start"], 1e-9)
    return {
        "seconds": {name: round(took, 2) for name, took in middle.items()},
        "items_a_second": {
            "reading": round(items / middle["reading"]),
            "packing_and_encrypting": round(items / alone),
            "connector": round(items / middle["connector"]),
            "connector_without_start": round(items / sending),
        },
        "ratio_to_packing_and_encrypting": {
            "connector": round(alone / middle["connector"], 2),
            "connector_without_start": round(alone / sending, 2),
        },
        "goal_items_a_second": GOAL,
    }


if __name__ == "__main__":
    main()
