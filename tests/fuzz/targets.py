"""Define what a fuzzer feeds and what must hold, as plain functions of bytes.

The decoder: any container is read or refused with our own error, and read items equal those of
fastavro. The rules: any item that the contract can hold is judged without an exception, its
cleaned record can be written, and only the rejecting rules reject it. The sender's side:
``sender``. The work for each input is compared with that for one 16 times as long: ``work``.
What is repeated in a place of its own is compared by ``growth``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import fastavro

from kpr_stream.errors import ContainerError
from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    DeliveryRefused,
    Envelope,
    Prepared,
    SourceRecord,
)
from kpr_stream.model.words import MessageType, Severity, System
from kpr_stream.processor.frame.decode import read_items
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.rules.examples import examples
from kpr_stream.rules.rule import NOT_DECODED
from kpr_stream.schemas import rows
from kpr_stream.schemas.catalogue import Schema, schema
from kpr_stream.schemas.container import read_container
from kpr_stream.schemas.wire import encode
from tests.fuzz import growth, sender, work

_MESSAGES = (MessageType.CONSULTATION, MessageType.APPOINTMENT)
_NOW_MS = 1_709_640_000_000
_CALLERS = ("status", "org_nr", "system", "rule_set_version", "reference_version")


class Broken(AssertionError):  # noqa: N818 - a fuzzer reports findings, not errors
    """A condition that must hold is broken."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """Makes values out of bytes. After the end all values are empty, so that any input is valid."""

    data: memoryview
    at: list[int]
    lengthened: int = 1
    """How many times every text and every list is repeated."""

    def take(self, length: int) -> bytes:
        """Return the next ``length`` bytes, or fewer at the end."""
        start = self.at[0]
        self.at[0] = start + length
        return bytes(self.data[start : start + length])

    def small(self, below: int) -> int:
        """Return a number from 0 to below ``below``, which is at most 256."""
        byte = self.take(1)
        return byte[0] % below if byte else 0


def decoder(data: bytes) -> None:
    """Decode a payload as after decryption. The first byte selects the message type."""
    message = _MESSAGES[data[0] % 2] if data else MessageType.CONSULTATION
    contract = schema(f"{message}_item")
    try:
        blocks = read_container(data[1:], contract)
    except ContainerError:
        return
    opened = _opened(message, blocks)
    _same_as_fastavro(opened, contract)
    _judged(opened)


def rules(data: bytes, lengthened: int = 1) -> None:
    """Make a delivery's items field by field from the bytes, and judge them by every rule."""
    consumer = Consumer(memoryview(data), [0], lengthened)
    message = _MESSAGES[consumer.small(2)]
    contract = schema(f"{message}_item")
    out, count = io.BytesIO(), 1 + consumer.small(8)
    for _ in range(count):
        fastavro.schemaless_writer(out, contract.parsed, _item(message, contract, consumer))
    found = _judged(_opened(message, ((count, out.getvalue()),)))
    if isinstance(found, DeliveryRefused):
        raise Broken("Items that fastavro wrote by the contract were refused.")


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "decoder": decoder,
    "rules": rules,
    "growth": growth.growth,
    **sender.TARGETS,
}


def with_work_compared(name: str) -> Callable[[bytes], None]:
    """Return a target that also compares its work with that for an input 16 times as long.

    ``growth`` makes that comparison itself.
    """
    if name == "growth":
        return TARGETS[name]

    def compared(data: bytes) -> None:
        target = TARGETS[name]
        target(data)
        if name == "rules":
            large = partial(rules, data, work.LENGTHENED)
        else:
            large = partial(target, work.longer(data))
        work.require_linear(partial(target, data), large, what=name)

    return compared


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield the first inputs (target, bytes), those of the receiver from the rules' examples."""
    yield from sender.seeds()
    yield from (("growth", seed) for seed in growth.seeds())
    golden = examples()
    for rule in catalogue(load_reference()):
        example = golden.by_rule[rule.id]
        for message in rule.message_types:
            for changes in (example.wrong, example.right):
                items = golden.items(message, changes, example.context)
                for codec in ("null", "deflate"):
                    out = io.BytesIO()
                    fastavro.writer(out, schema(f"{message}_item").parsed, items, codec=codec)
                    yield "decoder", bytes([_MESSAGES.index(message)]) + out.getvalue()
    for which in range(len(_MESSAGES)):
        for filler in (0, 1, 2, 3, 5, 77, 255):
            yield "rules", bytes([which, 1]) + bytes([filler]) * 160


def _same_as_fastavro(opened: Decrypted, contract: Schema) -> None:
    frame, (failed,) = read_items([opened], contract)
    if failed is not None:
        return
    plain = fastavro.parse_schema(json.loads(_without_logical_types(contract)))
    rows: list[Any] = []
    for count, block in opened.blocks:
        body = io.BytesIO(block)
        rows += [
            fastavro.schemaless_reader(body, plain, None, handle_unicode_errors="replace")
            for _ in range(count)
        ]
    pairs = zip(frame.rows(named=True), rows, strict=True)
    if any(read != row for read, row in pairs if NOT_DECODED not in read["unreadable"]):
        raise Broken("Two readers of the same bytes read different items.")


def _without_logical_types(contract: Schema) -> str:
    def plain(kind: Any) -> Any:
        if isinstance(kind, list):
            return [plain(branch) for branch in kind]
        return kind["type"] if isinstance(kind, dict) and "logicalType" in kind else kind

    fields = [
        {"name": field["name"], "type": plain(field["type"])}
        for field in json.loads(contract.text)["fields"]
    ]
    return json.dumps({"type": "record", "name": "Item", "fields": fields})


def _judged(opened: Decrypted) -> Prepared | DeliveryRefused:
    # The number of items selects one of two contexts, so that each input is judged only once.
    newer = bool(opened.arrived.envelope.item_count % 2)
    context = FrameContext(
        synthetic_ids=not newer, reference=load_reference(), numbers_from_2032=newer
    )
    (result,) = prepare([opened], context)
    if isinstance(result, Prepared):
        for item in result.items:
            _assert_whole(opened.arrived.envelope.message_type, item.cleaned, item.findings)
            if item.rejected != bool(_rejecting() & set(item.findings)):
                raise Broken("An item was rejected without breaking a rejecting rule.")
    return result


def _assert_whole(message: str, cleaned: Mapping[str, Any], findings: tuple[str, ...]) -> None:
    callers = dict.fromkeys((f"{message}_key", *_CALLERS), "x")
    numbers = {"extracted_at": 1, "sequence": 1, "received_at": 1}
    if rows.encode(message, cleaned, callers | numbers) != encode(
        message, {**cleaned, **callers, **numbers}
    ):
        raise Broken("A record written in two steps differs from the record written in one.")
    if len(set(findings)) != len(findings):
        raise Broken("One item has a finding of the same rule twice.")


@cache
def _rejecting() -> set[str]:
    return {rule.id for rule in catalogue(load_reference()) if rule.severity is Severity.REJECT}


def _item(message: MessageType, contract: Schema, consumer: Consumer) -> dict[str, Any]:
    plain = examples().items(message, ({},), {})[0]
    item: dict[str, Any] = {}
    for field in contract.parsed["fields"]:
        name, kind = field["name"], str(field["type"])
        choice = consumer.small(4)
        if choice == 0:
            item[name] = plain.get(name, [] if "array" in kind else None)
        elif "array" in kind:
            texts = [_text(consumer) for _ in range(consumer.small(4))]
            item[name] = texts * consumer.lengthened
        elif "long" in kind:
            item[name] = int.from_bytes(consumer.take(8), "big", signed=True)
        elif "int" in kind:
            item[name] = int.from_bytes(consumer.take(1 << consumer.small(3)), "big", signed=True)
        elif choice == 1 and name != "operation":
            item[name] = None
        else:
            item[name] = _text(consumer) if name != "operation" else "upsert"
    return item


def _text(consumer: Consumer) -> str:
    """Return digits, a code, or any text that UTF-8 can hold."""
    kind, length = consumer.small(3), consumer.small(256)
    taken = consumer.take(length)
    if kind == 0:
        text = "".join(str(byte % 10) for byte in taken)
    elif kind == 1:
        text = "".join(chr(65 + byte % 26) for byte in taken)
    else:
        text = taken.decode("utf-8", "replace")
    return text * consumer.lengthened


def _opened(message: MessageType, blocks: tuple[tuple[int, bytes], ...]) -> Decrypted:
    source = SourceRecord(
        topic_index=0, partition=0, offset=0, received_at=_NOW_MS, key=None, value=None
    )
    envelope = Envelope(
        delivery_id="",
        attempt=1,
        message_type=message.value,
        contract_version="1",
        system=System.VISMA_HSPRO,
        software_version="",
        org_nr="974760673",
        municipality_code="0301",
        district_code=None,
        sequence=1,
        extracted_at=_NOW_MS,
        item_count=0,
        content_digest=b"",
        encryption=None,
        payload=b"",
    )
    return Decrypted(
        Arrived(source, replace(envelope, item_count=sum(n for n, _ in blocks))), blocks
    )
