"""``kpr-stream check --container`` and ``--record``: judge the bytes of an own sender."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from kpr_stream.cli.read_file import read_named_file
from kpr_stream.cli.report import people, plain, print_json
from kpr_stream.connectors.export.names import shown
from kpr_stream.dry_receiver.dry_run import DryAnswer, DryRun
from kpr_stream.dry_receiver.keys import public_test_keys, read_private_key
from kpr_stream.dry_receiver.wrap import Assumption, message_type_of, source_of, wrapped
from kpr_stream.errors import UnforeseenError, UsageError
from kpr_stream.keys.envelope import content_digest
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.words import Cause, Severity, system_named
from kpr_stream.processor.intake.arrive import read_envelope
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.settings import Settings

MOST_BYTES: Final = RECEIVER.inflated_bytes
"""Bytes of the file. A record ends at 4 MB, so a larger file is another one, named by mistake."""
PLACES_SHOWN: Final = 3
"""Places shown of each rule; the JSON has all of them."""


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """What the options of ``--record`` say; None where an option is not given."""

    private_key: Path | None
    key: str | None
    partition: int | None


def check_container(
    path: Path, system: str, municipality: str, *, as_json: bool, norwegian: bool
) -> int:
    """Judge a clear payload; return the exit code."""
    settings, clear = Settings(), _read(path)
    run = DryRun(context=frame_context(settings), private_keys={}, allow_clear=True)
    assumed = Assumption(
        system=system_named(system),
        message_type=message_type_of(clear),
        municipality_code=municipality,
    )
    record = wrapped(clear, assumed, at_ms=_now_ms())
    about = {
        "message_type": assumed.message_type.value,
        "content_digest": content_digest(clear).hex(),
    }
    return _report(run.answer(record), run, about, as_json=as_json, norwegian=norwegian)


def check_record(
    path: Path, system: str, options: RecordOptions, *, as_json: bool, norwegian: bool
) -> int:
    """Judge a whole record of a delivery topic; return the exit code."""
    settings, value = Settings(), _read(path)
    unplaced = source_of(value, system_named(system), at_ms=_now_ms())
    envelope, _ = read_envelope(unplaced)
    record = source_of(
        value,
        system_named(system),
        at_ms=unplaced.received_at,
        key=None if options.key is None else options.key.encode(),
        partition=options.partition,
        org_nr="" if envelope is None else envelope.org_nr,
    )
    encryption = None if envelope is None else envelope.encryption
    keys = public_test_keys()
    if options.private_key is not None:
        # A test key has no id of its own: it opens what the record says it was wrapped with.
        pem = _read(options.private_key, "a private RSA key in PEM")
        where = shown(str(options.private_key))
        keys = {encryption.key_id: read_private_key(pem, f"in {where}")} if encryption else {}
    run = DryRun(context=frame_context(settings), private_keys=keys)
    about = {"key": _shown_key(record), "partition": record.partition}
    return _report(run.answer(record), run, about, as_json=as_json, norwegian=norwegian)


def _shown_key(record: SourceRecord) -> str:
    # Only an org number is shown: any other key may be anything, also a person's id.
    key = record.key or b""
    return key.decode() if len(key) == 9 and key.isdigit() else ""


def _report(
    answer: DryAnswer, run: DryRun, about: dict[str, Any], *, as_json: bool, norwegian: bool
) -> int:
    first = answer.receipt[0]
    rules = {rule.id: rule for rule in catalogue(run.context.reference)}
    places: dict[str, list[str]] = {}
    for item in (item for part in answer.receipt for item in part["items"]):
        for finding in item["findings"]:
            place = f"item {item['index']} {finding['pointer']}"
            places.setdefault(finding["rule"], []).append(place)
    severities = Counter(rules[rule].severity for rule in places)
    if as_json:
        print_json(
            about
            | {
                "causes": [_cause_json(cause) for cause in answer.causes],
                "receipt": plain(list(answer.receipt)),
            }
        )
    out = people(as_json)
    _print_answer(answer, out, norwegian=norwegian)
    for rule_id, found in places.items():
        rule = rules[rule_id]
        text, todo = (rule.text_no, rule.action.no) if norwegian else (rule.text_en, rule.action.en)
        _line(out, f"{rule.severity.value:9} {rule.id}: {len(found)}\n  {text}\n  → {todo}")
        for place in found[:PLACES_SHOWN]:
            _line(out, f"    {place}")
    _line(out, "Ingenting er sendt." if norwegian else "Nothing was sent.")
    if first["cause"] == Cause.RECEIVER_FAILED:
        return UnforeseenError.exit_code
    if answer.causes:
        return UsageError.exit_code
    return 1 if severities[Severity.REJECT] or severities[Severity.SET_ASIDE] else 0


def _print_answer(answer: DryAnswer, out: Console, *, norwegian: bool) -> None:
    first = answer.receipt[0]
    counts = ", ".join(f"{n} {word}" for word, n in first["counts"].items() if n)
    none = "ingen hendelser" if norwegian else "no items"
    _line(out, f"{first['status']}: {first['reason'] or counts or none}")
    for cause in answer.causes:
        row = refusal_causes()[cause]
        at = (
            ""
            if first["refused_item"] is None or cause != first["cause"]
            else first["refused_item"]
        )
        where = f" (item {at})" if at != "" else ""
        text, todo = (row.no, row.action_no) if norwegian else (row.en, row.action_en)
        _line(out, f"{'refused':9} {cause}{where}\n  {text}\n  → {todo}")
    for note in first["notes"]:
        text, todo = ("text_no", "action_no") if norwegian else ("text_en", "action_en")
        _line(out, f"{'note':9} {note['note']}\n  {note[text]}\n  → {note[todo]}")


def _line(out: Console, text: str) -> None:
    out.print(text, highlight=False, markup=False)


def _cause_json(cause: Cause) -> dict[str, Any]:
    row = refusal_causes()[cause]
    return {
        "cause": cause.value,
        "reason": row.reason.value,
        "resend": row.resend.value,
        "blocks": row.blocks,
        **row.texts,
    }


def _read(path: Path, wanted: str = "the bytes of one container or one record") -> bytes:
    return read_named_file(path, wanted, most_bytes=MOST_BYTES)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
