"""The dry run of an own sender's bytes: what it answers is what the pipeline answers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from kpr_stream.cli import check_bytes
from kpr_stream.cli.app import build_cli
from kpr_stream.dry_receiver.dry_run import DryRun
from kpr_stream.dry_receiver.keys import public_test_keys
from kpr_stream.dry_receiver.wrap import Assumption, message_type_of, source_of, wrapped
from kpr_stream.errors import UnforeseenError, UsageError
from kpr_stream.model.words import Cause, MessageType, ReceiptStatus, System
from kpr_stream.processor.frame.prepare import FrameContext
from kpr_stream.reference import load_reference
from kpr_stream.schemas.wire import decode, encode
from tests.support.deliveries import (
    KEY_ID,
    NOW_MS,
    ORG_NR,
    appointment,
    consultation,
    container,
    private_keys,
    source_record,
)
from tests.support.examples import examples
from tests.support.repository import SCHEMAS

SYSTEM = System.VISMA_HSPRO
GOLDEN = SCHEMAS / "golden" / "deliveries"
INDEX = json.loads((GOLDEN / "index.json").read_text("utf-8"))
ALONE = [
    case["name"]
    for case in INDEX["cases"]
    if case["needs"] in {None, "large_records"} and case["records"] == 1
]
NOT_IN_A_RECORD = {"refused-no-value"}
RUN = DryRun(
    context=FrameContext(synthetic_ids=True, reference=load_reference()),
    private_keys=public_test_keys(),
)


def golden(name: str) -> dict[str, Any]:
    (record,) = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))["records"]
    found: dict[str, Any] = record
    return found


def check(*arguments: str | Path, **environment: str) -> Result:
    words = ["check", "--system", str(SYSTEM), *map(str, arguments)]
    return CliRunner().invoke(build_cli(), words, env=environment)


def code_of(done: Result) -> int:
    """The exit code of the command's process: its own errors carry it."""
    return int(getattr(done.exception, "exit_code", done.exit_code))


def answer_of(path: Path, *more: str) -> dict[str, Any]:
    done = check("--record", path, "--json", *more)
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"exit": done.exit_code}


def causes(answer: dict[str, Any]) -> list[str]:
    return [one["cause"] for one in answer["causes"]]


@pytest.mark.parametrize("name", sorted({*ALONE} - NOT_IN_A_RECORD))
def test_a_golden_record_is_answered_as_the_receiver_would(name: str, tmp_path: Path) -> None:
    record = golden(name)
    file = tmp_path / "one.bin"
    file.write_bytes(base64.b64decode(record["value_base64"]) + bytes(record["zeros"]))
    found = answer_of(file, "--key", record["key"], "--partition", str(record["partition"]))
    # The dry run takes every sequence as the next one, and its clock is that of today.
    varies = {*INDEX["not_compared"], "notes", "expected_sequence"}
    for got, wanted in zip(found["receipt"], record["receipts"], strict=True):
        assert {k: v for k, v in got.items() if k not in varies} == {
            k: v for k, v in wanted["record"].items() if k not in varies
        }
    first = record["receipts"][0]["record"]["cause"]
    assert causes(found)[:1] == ([] if first is None else [first])
    refused = first is not None
    assert (found["exit"] == UsageError.exit_code) == refused


def test_all_causes_are_named_not_only_the_first(tmp_path: Path) -> None:
    good = decode("delivery", base64.b64decode(golden("consultation")["value_base64"]))
    wrong = good | {"attempt": 0, "content_digest": bytes(32), "item_count": 7}
    file = tmp_path / "one.bin"
    file.write_bytes(encode("delivery", wrong))
    found = answer_of(file, "--key", "x", "--partition", "0")
    assert causes(found) == [
        *("WRONG_KEY", "WRONG_PARTITION", "ATTEMPT_BELOW_ONE"),
        *("DIGEST_MISMATCH", "COUNT_MISMATCH"),
    ]
    assert found["key"] == "", "a key that is no org number is not repeated"
    text = check("--record", file).stdout
    assert all(cause in text for cause in ("ATTEMPT_BELOW_ONE", "DIGEST_MISMATCH")), text


def test_a_private_test_key_of_the_vendor_opens_its_record(tmp_path: Path) -> None:
    pem = private_keys()[KEY_ID].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key, file = tmp_path / "key.pem", tmp_path / "one.bin"
    key.write_bytes(pem)
    file.write_bytes(source_record([consultation(1)], sequence=42).value or b"")
    assert causes(answer_of(file)) == ["UNKNOWN_KEY"]
    found = answer_of(file, "--private-key", str(key))
    assert (found["exit"], found["receipt"][0]["status"]) == (0, "processed")
    assert found["receipt"][0]["sequence"] == 42
    key.write_text("no key", "utf-8")
    assert code_of(check("--record", file, "--private-key", key)) == 78


@pytest.mark.parametrize(
    ("kind", "item"),
    [(MessageType.CONSULTATION, consultation(1)), (MessageType.APPOINTMENT, appointment(1))],
)
def test_a_container_is_judged_by_its_own_schema(
    kind: MessageType, item: Any, tmp_path: Path
) -> None:
    clear = container([item], message_type=kind)
    assert message_type_of(clear) is kind
    file = tmp_path / "one.avro"
    file.write_bytes(clear)
    done = check("--container", file, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["message_type"]) == (0, kind)
    assert found["receipt"][0]["counts"]["accepted"] == 1
    file.write_bytes(clear[:-1])
    done = check("--container", file, "--norsk")
    assert done.exit_code == UsageError.exit_code
    assert "CONTAINER_DAMAGED" in done.stdout
    assert "Ingenting er sendt." in done.stdout


def test_what_costs_an_item_or_a_value_is_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "one.avro"
    for item, code in (
        (consultation(1, weight_g=150), 1),
        (consultation(1, consultation_id=None), 1),
        (consultation(1, consultation_id=" k "), 0),
    ):
        file.write_bytes(container([item]))
        assert check("--container", file).exit_code == code


def test_no_value_of_an_item_is_printed(tmp_path: Path) -> None:
    item = consultation(1, weight_g=150)
    file = tmp_path / "one.avro"
    file.write_bytes(container([item]))
    done = check("--container", file, "--json")
    assert item["fnr"] not in done.output
    assert "150" not in done.stdout.split('"items"')[1].split('"texts"')[0]


def test_a_file_that_is_too_large_or_missing_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_bytes, "MOST_BYTES", 10)
    file = tmp_path / "one.bin"
    file.write_bytes(bytes(11))
    for path in (file, tmp_path / "none", tmp_path):
        assert code_of(check("--record", path)) == UsageError.exit_code
        assert code_of(check("--container", path)) == UsageError.exit_code


def test_one_thing_is_judged_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "one.bin"
    file.write_bytes(b"x")
    assert code_of(check()) == UsageError.exit_code
    assert code_of(check(file, "--record", file)) == UsageError.exit_code


def test_a_fault_of_the_receiver_is_no_fault_of_the_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(DryRun, "_decrypt", fails)
    monkeypatch.setattr("kpr_stream.dry_receiver.dry_run.payload_causes", lambda *_, **__: ())
    file = tmp_path / "one.bin"
    file.write_bytes(base64.b64decode(golden("consultation")["value_base64"]))
    assert check("--record", file).exit_code == UnforeseenError.exit_code


def test_production_takes_no_synthetic_unit(tmp_path: Path) -> None:
    file = tmp_path / "one.bin"
    file.write_bytes(base64.b64decode(golden("consultation")["value_base64"]))
    done = check("--record", file, "--json", KPR_ENVIRONMENT="production")
    assert causes(json.loads(done.stdout)) == ["INVALID_ORG_NR"]


@settings(max_examples=examples(60))
@given(data=st.data())
def test_any_bytes_are_answered_and_the_receipts_cause_is_the_first(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([base64.b64decode(golden("consultation")["value_base64"])]))
    at = data.draw(st.integers(0, len(good)))
    value = good[:at] + data.draw(st.binary(max_size=8)) + good[at + data.draw(st.integers(0, 8)) :]
    answer = RUN.answer(
        source_of(value, SYSTEM, at_ms=NOW_MS, org_nr=golden("consultation")["key"])
    )
    first = answer.receipt[0]
    refused = first["status"] == ReceiptStatus.REFUSED
    assert refused == bool(answer.causes)
    assert not refused or first["cause"] == answer.causes[0]


@settings(max_examples=examples(60))
@given(clear=st.binary(max_size=400))
def test_any_container_is_answered(clear: bytes) -> None:
    assumed = Assumption(system=SYSTEM, municipality_code="0301")
    run = DryRun(context=RUN.context, private_keys={}, allow_clear=True)
    answer = run.answer(wrapped(clear, assumed, at_ms=NOW_MS))
    assert answer.receipt[0]["cause"] == answer.causes[0]
    assert Cause.CLEAR_PAYLOAD not in answer.causes
    assert assumed.org_nr == ORG_NR
