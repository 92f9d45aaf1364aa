"""Measure what the frame stage costs for an item: decrypting, facts, rules, enrichment, all of it.

    python -m bench.frame [--rounds 30]

A plain fastavro decode of the same bytes is measured beside it. Goal: rules and enrichment (facts,
derive, validate, enrich: everything between reading the items and giving them out) at most 8
microseconds an item in batches of 1,000 and at most 6 ms for a batch of one. Figures go to
bench/results/frame.json.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastavro
import polars as pl

from kpr_stream.model.delivery import Arrived, Decrypted, SourceRecord
from kpr_stream.model.words import MessageType
from kpr_stream.processor.frame.decode import read_items
from kpr_stream.processor.frame.derive import with_derived
from kpr_stream.processor.frame.enrich import enriched
from kpr_stream.processor.frame.facts import with_facts
from kpr_stream.processor.frame.prepare import FrameContext, prepare, with_delivery
from kpr_stream.processor.frame.validate import validate
from kpr_stream.processor.intake.arrive import arrive, item_contract
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import rules_for
from kpr_stream.schemas.contract import ID_FIELDS
from tests.support.deliveries import consultation, container, opened, private_keys, source_record

SHAPES = ((1, 1), (1, 100), (10, 100), (1, 1000), (4, 1000))
"""Deliveries in a batch, and items of each."""
RESULTS = Path(__file__).parent / "results" / "frame.json"
GOAL_MICROSECONDS_AN_ITEM, GOAL_MILLISECONDS_ALONE = 8.0, 6.0
MESSAGE = MessageType.CONSULTATION


def main() -> None:
    """Measure, print one line for each batch shape and write the results file."""
    parser = argparse.ArgumentParser()
    # The best round counts: the others also measure the machine's other work.
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    measured = [_shape(*shape, context, rounds) for shape in SHAPES]
    thousand = next(m for m in measured if (m["deliveries"], m["items_each"]) == (1, 1000))
    alone = measured[0]["rules_and_enrichment"] / 1000
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "polars": pl.__version__,
        "unit": "microseconds an item, best of the rounds",
        "rounds": rounds,
        "goals": {
            "microseconds_an_item_of_1000": GOAL_MICROSECONDS_AN_ITEM,
            "met": thousand["rules_and_enrichment"] <= GOAL_MICROSECONDS_AN_ITEM,
            "milliseconds_alone": GOAL_MILLISECONDS_ALONE,
            "met_alone": alone <= GOAL_MILLISECONDS_ALONE,
        },
        "shapes": measured,
    }
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def items_like_real_ones(count: int) -> list[dict[str, Any]]:
    """Return six-week visits with head circumference, some of them without a step."""
    return [
        consultation(
            n,
            head_circumference_mm=380 + n % 20,
            **({"programme_step": None} if n % 5 == 4 else {}),
        )
        for n in range(count)
    ]


def _shape(deliveries: int, each: int, context: FrameContext, rounds: int) -> dict[str, Any]:
    rows = items_like_real_ones(each)
    records = [source_record(rows, sequence=n + 1) for n in range(deliveries)]
    batch = [opened(rows, sequence=n + 1) for n in range(deliveries)]
    payload = container(rows)
    contract = item_contract(MESSAGE, "1")
    if contract is None:
        raise SystemExit("contract version 1 no longer exists: update bench/frame.py")
    reference, rules = context.reference, rules_for(MESSAGE, context.reference)
    sent, _ = read_items(batch, contract)
    at_place = with_delivery(sent, batch, [each] * deliveries)

    def facts() -> pl.DataFrame:
        return with_facts(
            at_place,
            id_field=ID_FIELDS[MESSAGE],
            synthetic_ids=True,
            numbers_from_2032=False,
            reference=reference,
        )

    known = facts()
    derived = with_derived(known, MESSAGE, reference)
    judged = validate(derived, rules, id_field=ID_FIELDS[MESSAGE])

    def decode() -> None:
        for _ in range(deliveries):
            list(fastavro.reader(io.BytesIO(payload)))

    work: dict[str, Callable[[], object]] = {
        "open": lambda: _open(records),
        "read": lambda: read_items(batch, contract),
        "facts": facts,
        "derive": lambda: with_derived(known, MESSAGE, reference),
        "validate": lambda: validate(derived, rules, id_field=ID_FIELDS[MESSAGE]),
        "enrich": lambda: enriched(judged, MESSAGE, reference),
        "prepare": lambda: prepare(batch, context),
        "fastavro_decode": decode,
    }
    items = deliveries * each
    taken = {name: round(_microseconds(do, rounds) / items, 2) for name, do in work.items()}
    own = ("facts", "derive", "validate", "enrich")
    taken["rules_and_enrichment"] = round(sum(taken[name] for name in own), 2)
    print(f"{deliveries:>3} x {each:<5}", *(f"{name} {us:.1f} " for name, us in taken.items()))
    return {"deliveries": deliveries, "items_each": each, **taken}


def _open(records: list[SourceRecord]) -> list[Decrypted]:
    found = []
    for record in records:
        arrived = arrive(record)
        if isinstance(arrived, Arrived):
            one = decrypt_delivery(arrived, private_keys(), allow_clear=False)
            if isinstance(one, Decrypted):
                found.append(one)
    return found


def _microseconds(work: Callable[[], object], rounds: int) -> float:
    work()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken) * 1e6


if __name__ == "__main__":
    main()
