"""Measure what each guarantee costs: a worker with all of them, and without each in turn.

    python -m bench.full.without [--rounds 3] [--deliveries 32] [--keep]

Deliveries of 1,000 items, and rights of 20,200 persons, 1 in 500 of them in the deliveries.
``without`` names what is off; ``columns`` is no guarantee but the fast way to the same outcomes.
``all of these`` is what is left of a worker. The loop without guarantees (``bench/plain_loop.py``)
is measured in the same rounds. Rounds are interleaved and the median counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.end_to_end import Load, plain, until, worker
from bench.figures import Figures, all_rounded, in_rounds, medians
from bench.full.options import parser, run_on_a_stack
from bench.full.switched_worker import NOTES, SWITCHED_OFF, read_notes
from bench.full.switches import SWITCHES
from bench.full.written import written
from bench.usage import cpu_seconds, peak_mb, tree
from bench.visits import rights
from kpr_stream.keys.access import keyring
from kpr_stream.processor.adapters.tuning import POLARS
from kpr_stream.rights.table import Rights
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from tests.support.write_rights import write_rights

WORKER: Final = ("-m", "bench.full.switched_worker")
EVERYTHING, PLAIN_LOOP, ALL_OFF = "nothing", "plain_loop", "all of these"
"""Names of the worker with all guarantees, of the loop without any, and of the worker without."""


@dataclass(frozen=True)
class Variant:
    """A worker without something."""

    name: str
    switches: Sequence[str] = ()
    encrypted: bool = True
    rights: bool = True
    columns: bool = True

    def environment(self, notes: Path) -> dict[str, str]:
        """Return what its process needs to know."""
        return {
            SWITCHED_OFF: ",".join(self.switches),
            NOTES: str(notes),
            "KPR_ALLOW_CLEAR_PAYLOADS": str(not self.encrypted),
            "KPR_DECIDE_IN_COLUMNS": str(self.columns),
            # The command line sets these for a worker that it starts.
            **{tuned.name: str(tuned.value) for tuned in POLARS},
        }


VARIANTS: Final = (
    Variant(EVERYTHING),
    *(Variant(name, (name,)) for name in SWITCHES),
    Variant("encryption", encrypted=False),
    Variant("rights", rights=False),
    Variant("columns", columns=False),
    Variant(ALL_OFF, tuple(SWITCHES), encrypted=False, rights=False),
)


def measure(settings: Settings, folder: Path, options: argparse.Namespace) -> Mapping[str, Any]:
    """Return the results."""
    load = Load(options.deliveries, options.each)
    steps = [(PLAIN_LOOP, partial(plain, settings, load))]
    steps += [(one.name, partial(_measured, settings, folder, load, one)) for one in VARIANTS]
    rounds = in_rounds(options.rounds, steps)
    return {
        "rounds": options.rounds,
        "items": load.items,
        "items_a_delivery": options.each,
        **compared(medians(rounds)),
        "all_rounds": all_rounded(rounds),
    }


def compared(found: Mapping[str, Figures]) -> dict[str, Any]:
    """Return the medians by what is off, as ratios to the worker with everything on."""
    on, loop = found[EVERYTHING], found[PLAIN_LOOP]
    speed, cpu = "items_a_second", "cpu_microseconds_an_item"
    return {
        PLAIN_LOOP: loop,
        "everything_on": on,
        "without": {
            name: {
                **figures,
                "speed_ratio": round(figures[speed] / on[speed], 2),
                "cpu_ratio": round(figures[cpu] / on[cpu], 2),
                "speed_to_plain_loop": round(figures[speed] / loop[speed], 2),
            }
            for name, figures in found.items()
            if name not in (EVERYTHING, PLAIN_LOOP)
        },
    }


async def _measured(settings: Settings, folder: Path, load: Load, variant: Variant) -> Figures:
    load = replace(load, encrypted=variant.encrypted)
    await load.send(settings)
    if variant.rights:
        given = rights(load.items, keyring(settings).pseudonyms)
        await write_rights(settings, _records(given))
    notes = folder / "notes"
    notes.unlink(missing_ok=True)
    async with worker(settings, folder, WORKER, **variant.environment(notes)) as work:
        own, before = tree(work.workers[0].process.pid), read_notes(notes)
        began, spent = monotonic(), cpu_seconds(own)
        await until(lambda: read_notes(notes).items >= load.items)
        left = load.items - before.items
        found = {
            "items_a_second": left / (read_notes(notes).at - began),
            "cpu_microseconds_an_item": 1e6 * (cpu_seconds(own) - spent) / left,
            "peak_mb": peak_mb(own),
        }
    return found | await written(settings)


def _records(given: Rights) -> Iterator[tuple[bytes, bytes]]:
    for person, one in given.persons.items():
        value = {
            "person_key": person.hex(),
            "reservations": [
                {"kind": r.kind, "from": r.start, "revoked": r.revoked} for r in one.reservations
            ],
            "erased": one.erased,
            "stop_mark": one.stop_mark.hex() if one.stop_mark else None,
        }
        yield person.hex().encode(), wire.encode("rights", value)


def main() -> None:
    """Measure, print and write the results file."""
    made = parser(__doc__)
    made.add_argument("--deliveries", type=int, default=32)
    made.add_argument("--each", type=int, default=1_000, help="items a delivery")
    run_on_a_stack("without", made.parse_args(), measure)


if __name__ == "__main__":
    main()
