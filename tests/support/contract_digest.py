"""Digests of what the connector and the frame stage make of a fixed set of synthetic exports.

``tests/data/contract/digests.json`` was written by the release that still named every field by
hand. Whoever changes the mapping or the frame stage compares: the payloads that a connector sends,
the canonical texts that content hashes are made of, and the bytes of the cleaned records.
Write it again only for a change of behaviour that is meant (new rules, new reference data):

    python -m tests.support.contract_digest
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from kpr_stream.check.judge import Limits, check_file
from kpr_stream.check.seen import Seen
from kpr_stream.connectors.delivery.pack import contract_version, pack
from kpr_stream.connectors.export.reader import ExportFile, UnitExport, parse_name, units_of
from kpr_stream.connectors.mapping.items import map_deletion, map_upsert
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    Envelope,
    Prepared,
    PreparedItem,
    SourceRecord,
)
from kpr_stream.model.words import System
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import item_contract
from kpr_stream.reference import load_reference
from kpr_stream.schemas import rows
from kpr_stream.schemas.container import read_container

FOLDER: Final = Path(__file__).parent.parent / "data" / "contract"
EXPORTS: Final = FOLDER / "exports.json.gz"
DIGESTS: Final = FOLDER / "digests.json"
RECEIVED_AT: Final = 1_767_225_600_000
"""2026-01-01, after every extraction of the set."""
CONTEXT: Final = FrameContext(synthetic_ids=True, reference=load_reference())
LIMITS: Final = Limits(max_items=5_000, max_bytes=2_000_000)

Digests = dict[str, dict[str, Any]]
"""By system and file: of the clear payloads, of the dry run, and of each item."""


def digests() -> Digests:
    """What this release makes of the exports."""
    exports = json.loads(gzip.decompress(EXPORTS.read_bytes()))
    return {
        system: {one["name"]: _of_file(System(system), one["name"], one["units"]) for one in files}
        for system, files in exports.items()
    }


def _of_file(system: System, name: str, units: list[Any]) -> dict[str, Any]:
    file, profile = parse_name(Path(name)), synthetic_profile(system)
    data = json.dumps(units).encode()
    payloads = [_payload(file, unit, profile) for unit in units_of(file, data)]
    opened = [
        _opened(file, unit, profile, payload)
        for unit, payload in zip(units_of(file, data), payloads, strict=True)
    ]
    return {
        "payloads": _short(repr([one.blocks for one in opened]).encode()),
        "dry_run": _short(_checked(file, data, profile)),
        "items": [_of_item(file, item) for found in _prepared(opened) for item in found.items],
    }


def _payload(file: ExportFile, unit: UnitExport, profile: Profile) -> bytes:
    kind = file.message_type
    items = [map_deletion(kind, one) for one in unit.deletions]
    items += [map_upsert(kind, one, profile) for one in unit.upserts]
    (packed,) = pack(items, kind, max_items=LIMITS.max_items, max_bytes=LIMITS.max_bytes)
    return packed.payload


def _opened(file: ExportFile, unit: UnitExport, profile: Profile, payload: bytes) -> Decrypted:
    version = contract_version(file.message_type)
    contract = item_contract(file.message_type, version)
    assert contract is not None
    envelope = Envelope(
        delivery_id="",
        attempt=1,
        message_type=file.message_type.value,
        contract_version=version,
        system=profile.system,
        software_version="",
        org_nr=unit.org_nr,
        municipality_code=unit.municipality_code,
        district_code=unit.district_code,
        sequence=1,
        extracted_at=file.extracted_at,
        item_count=len(unit.deletions) + len(unit.upserts),
        content_digest=b"",
        encryption=None,
        payload=b"",
    )
    source = SourceRecord(
        topic_index=0, partition=0, offset=0, received_at=RECEIVED_AT, key=None, value=None
    )
    return Decrypted(Arrived(source, envelope), read_container(payload, contract))


def _prepared(opened: list[Decrypted]) -> Iterator[Prepared]:
    for found in prepare(opened, CONTEXT):
        assert isinstance(found, Prepared)
        yield found


def _of_item(file: ExportFile, item: PreparedItem) -> list[str]:
    """Of the canonical text, of the cleaned record, and of all else that the item is known by."""
    decided: dict[str, Any] = {
        f"{file.message_type}_key": "0" * 32,
        "status": "live",
        "org_nr": "800000009",
        "system": "visma-hspro",
        "extracted_at": file.extracted_at,
        "sequence": 1,
        "received_at": RECEIVED_AT,
        "person_key": None,
        "rule_set_version": "1",
        "reference_version": "1",
    }
    if file.message_type == "consultation":
        decided["group_key"] = None
    known = (
        item.operation.value,
        item.local_id,
        item.rejected,
        item.findings,
        item.birth_date,
        item.sex,
        item.start_minute,
        item.group_id,
        [(one.kind.value, one.number) for one in (item.person, *item.other_ids) if one],
        item.births_agree,
        sorted((item.raw or {}).items()),
    )
    return [
        _short(item.content.encode()),
        _short(rows.encode(file.message_type.value, item.cleaned, decided)),
        _short(repr(known).encode()),
    ]


def _checked(file: ExportFile, data: bytes, profile: Profile) -> bytes:
    found = check_file(
        file,
        data,
        profile=profile,
        context=CONTEXT,
        limits=LIMITS,
        now_ms=RECEIVED_AT,
        seen=Seen(),
    )
    return repr(
        [
            (
                one.index,
                one.pointer,
                one.outcome.value,
                [(f.rule.id, f.field, f.pointer) for f in one.findings],
                one.not_read,
            )
            for one in found
        ]
    ).encode()


def _short(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps(digests(), indent=1) + "\n", "utf-8")
