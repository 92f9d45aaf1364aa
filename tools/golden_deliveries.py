"""Writes the golden deliveries with the receipt of each: `avro_schemas/golden/deliveries/`.

Run: python -m tools.golden_deliveries
"""

from __future__ import annotations

import base64
import json
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

from kpr_stream.cli.report import plain
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.unit import counts_by_word
from kpr_stream.model.utc_time import utc_time
from kpr_stream.model.words import OUTCOMES, ReceiptStatus
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.wire import encode_with
from tests.support.repository import SCHEMAS
from tools.generated import write
from tools.golden.case import Case, Sent
from tools.golden.cases import good, outcomes, refused, sequence
from tools.golden.receiver import GoldenReceiver, receipt_of
from tools.golden.sender import golden_unit, time_of

FOLDER: Final = SCHEMAS / "golden" / "deliveries"
INDEX: Final = "index.json"
LONG_RECEIPT_BYTES: Final = 50_000
"""A longer receipt is stored in version 1 only: a file of the repository ends at 1 MB."""
LONG_TEXT: Final = 500_000
"""A longer file is written without line breaks, for the same reason."""
NOT_COMPARED: Final = (
    *("received_at", "source_offset", "rule_set_version"),
    *("texts", "cause_text", "notes.text_no", "notes.text_en", "notes.action_no"),
    "notes.action_en",
)
NOTE: Final = (
    "Whole records of delivery topics, each with the receipt that follows. The payloads are "
    "encrypted to the public test key of avro_schemas/encryption_vectors.json. Every case has a "
    "unit of its own, so all cases may be sent to one receiver that is new to these units, in any "
    "order; the records of a case are sent in order, each after the receipt of the one before. "
    "docs/vendor/own-sender.md explains the members."
)


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case. A new one goes to the end of its file and changes no other."""
    units = (map(golden_unit, count(first)) for first in (0, 100, 200, 300))
    makers = (good.cases, sequence.cases, outcomes.cases, refused.cases)
    return tuple(chain.from_iterable(make(unit) for make, unit in zip(makers, units, strict=True)))


def source_record(sent: Sent, number: int, offset: int) -> SourceRecord:
    """A record of a case as the receiver reads it; ``number`` is its place in the case."""
    return SourceRecord(
        topic_index=SOURCE_TOPICS.index(delivery_topic(sent.system)),
        partition=sent.partition,
        offset=offset,
        received_at=int(time_of(number).timestamp() * 1000),
        key=sent.key,
        value=None if sent.value is None else sent.value + bytes(sent.zeros),
    )


def case_json(case: Case) -> dict[str, Any]:
    """A case with its records and receipts; AssertionError if a receipt is not as expected."""
    receiver = GoldenReceiver(case.needs)
    records = []
    for number, sent in enumerate(case.sent):
        offset = sum(one.system == sent.system for one in case.sent[:number])
        source = source_record(sent, number, offset)
        answers = receiver.answer(source)
        _require_expected(case, sent, answers)
        if case.replayed:
            answers += receiver.replay(source)
            last = receipt_of(answers[-1])
            assert last["status"] == ReceiptStatus.REPLAYED, case.name
            assert last["counts"] == _counts(case.replayed), case.name
        records.append(_record_json(sent, number, answers))
    return {
        "name": case.name,
        "shows": case.shows,
        "needs": case.needs,
        "records": records,
    }


def files() -> dict[Path, str]:
    """Every case, and the index of all, by path."""
    made = [(case, case_json(case)) for case in all_cases()]
    index = {
        "note": NOTE,
        "not_compared": NOT_COMPARED,
        "cases": [
            {
                "name": case.name,
                "shows": case.shows,
                "needs": case.needs,
                "file": f"{case.name}.json",
                "org_nr": case.sent[0].key.decode(),
                "records": len(case.sent),
                "answers": [
                    _summary(answer) for one in found["records"] for answer in one["receipts"]
                ],
            }
            for case, found in made
        ],
    }
    texts = {FOLDER / f"{case.name}.json": found for case, found in made}
    return {path: _text(value) for path, value in (texts | {FOLDER / INDEX: index}).items()}


def _summaries(case: dict[str, Any]) -> list[str]:
    return [_summary(answer) for record in case["records"] for answer in record["receipts"]]


def _summary(answer: dict[str, Any]) -> str:
    """What the index says of a receipt: status, and cause or the outcomes that occur."""
    record = answer["record"]
    items = ", ".join(f"{n} {word}" for word, n in record["counts"].items() if n)
    return " ".join(part for part in (record["status"], record["cause"], items) if part)


def _require_expected(case: Case, sent: Sent, answers: list[OutputRecord]) -> None:
    found = receipt_of(answers[0])
    what = f"{case.name}: {found['status']} {found['cause']} {found['counts']}"
    assert found["status"] == sent.status, what
    assert found["cause"] == sent.cause, what
    assert found["counts"] == _counts(sent.outcomes), what
    assert tuple(note["note"] for note in found["notes"]) == sent.notes, what
    assert len(answers) == sent.parts, what


def _counts(outcomes: Any) -> dict[str, int]:
    return counts_by_word(tuple(outcomes.get(one, 0) for one in OUTCOMES))


def _record_json(sent: Sent, number: int, answers: list[OutputRecord]) -> dict[str, Any]:
    return {
        "topic": delivery_topic(sent.system),
        "partition": sent.partition,
        "key": sent.key.decode(),
        "broker_time": utc_time(time_of(number)),
        "value_base64": None if sent.value is None else _base64(sent.value),
        "zeros": sent.zeros,
        "receipts": [_receipt_json(answer) for answer in answers],
    }


def _receipt_json(answer: OutputRecord) -> dict[str, Any]:
    record = receipt_of(answer)
    first = schema("receipt", 1)
    version_1 = encode_with(first, {name: record[name] for name in first.field_names})
    value = answer.value or b""
    long = len(value) > LONG_RECEIPT_BYTES
    return {
        "topic": answer.topic,
        "key": answer.key.decode(),
        "version_1_base64": _base64(version_1),
        "version_2_base64": None if long else _base64(value),
        "record": plain(record),
    }


def _text(value: dict[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    long = len(text) > LONG_TEXT
    return (json.dumps(value, ensure_ascii=False) if long else text) + "\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    write(files())
