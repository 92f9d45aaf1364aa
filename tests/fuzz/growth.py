"""Compare the work for an input with that for one 16 times as long, chosen from bytes.

Each kind of growth takes a pattern of the fuzzer and repeats it: in a text of an item, in a list,
as items, in the envelope, in the container, in a command, and in each place of an export. The work
is the CPU time of the whole process, Polars' threads among it, less that of the same input without
the pattern (``work.require_linear``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from kpr_stream.check.judge import Limits, check_file
from kpr_stream.check.seen import Seen
from kpr_stream.check.tally import Tally
from kpr_stream.connectors.export.reader import parse_name
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.errors import ContainerError, ContractError, ExportError
from kpr_stream.model.delivery import Arrived, Decrypted, SourceRecord
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.commands.parse import read_command
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.reference import load_reference
from kpr_stream.rules.examples import examples
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.container import read_container
from kpr_stream.schemas.zigzag import zigzag
from tests.fuzz import work
from tests.support.commands import command_record
from tests.support.deliveries import NOW_MS, container, source_record
from tests.unit.connectors.exports import NAME, consultation, unit

LONGEST: Final = 60_000
"""Bytes of the shorter input: the longer one is still below the receiver's bound of an item."""
_CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
_CONTRACT = schema("consultation_item")
TEXTS = [
    field["name"]
    for field in _CONTRACT.parsed["fields"]
    if "string" in str(field["type"]) and "array" not in str(field["type"])
]
_HEADING = ("software_version", "municipality_code", "district_code", "contract_version")
_PLACES = ("konsultasjonId", "datoTid", "skoletrinn", "tjeneste", "kommuneNr", "ukjent")


@dataclass(frozen=True, slots=True)
class Growth:
    """A kind of input and the work that it is given to."""

    name: str
    make: Callable[[str, int, int], Any]
    """From a pattern, a choice and how often: what the work takes."""
    work: Callable[[Any], object]


def growth(data: bytes) -> None:
    """Choose a growth, a choice in it, a length and a pattern from the bytes, and compare."""
    if len(data) < 4:
        return
    chosen = GROWTHS[data[0] % len(GROWTHS)]
    pattern = data[3:19].decode("utf-8", "replace")
    often = max(1, min(1 << data[2] % 14, LONGEST // len(pattern.encode())))
    require_linear(chosen, pattern, data[1], often)


def require_linear(growth: Growth, pattern: str, choice: int, often: int) -> None:
    """Raise TooMuchWork if the work for ``16 * often`` patterns is over 24 times that for one."""
    bare, small, large = (
        partial(growth.work, growth.make(pattern, choice, n))
        for n in (0, often, work.LENGTHENED * often)
    )
    work.require_linear(small, large, bare=bare, what=growth.name)


def _judged(payload: bytes) -> None:
    with suppress(ContainerError):
        prepare([Decrypted(_any_arrived(), read_container(payload, _CONTRACT))], _CONTEXT)


@cache
def _any_arrived() -> Arrived:
    arrived = arrive(source_record([]))
    if not isinstance(arrived, Arrived):
        raise TypeError(arrived.reason)
    return arrived


def _plain() -> dict[str, Any]:
    return examples().items(MessageType.CONSULTATION, ({},), {})[0]


def _text(pattern: str, choice: int, often: int) -> bytes:
    return container([_plain() | {TEXTS[choice % len(TEXTS)]: pattern * often or "x"}])


def _list(pattern: str, choice: int, often: int) -> bytes:
    name = ("practitioner_roles", "unreadable")[choice % 2]
    entry = (pattern[:4], "LEGE", "sex")[choice // 2 % 3]
    return container([_plain() | {name: [entry] * often}])


def _items(pattern: str, choice: int, often: int) -> bytes:
    often = min(often, RECEIVER.items // work.LENGTHENED // 4)
    same = choice // 32 % 2
    changes = {TEXTS[choice % len(TEXTS)]: pattern}
    ids = [{"consultation_id": "k" if same else f"k-{n}"} for n in range(1 + often)]
    return container([_plain() | one | changes for one in ids])


def _heading(pattern: str, choice: int, often: int) -> SourceRecord:
    changes: dict[str, Any] = {_HEADING[choice % len(_HEADING)]: pattern * often or "1"}
    return source_record([_plain()] * 100, **changes)


def _arrived(record: SourceRecord) -> None:
    found = arrive(record)
    if isinstance(found, Arrived):
        prepare([Decrypted(found, _hundred_items())], _CONTEXT)


@cache
def _hundred_items() -> tuple[tuple[int, bytes], ...]:
    return read_container(container([_plain()] * 100), _CONTRACT)


def _blocks(_: str, choice: int, often: int) -> bytes:
    """Make a container of empty blocks, with a long schema or with many metadata too."""
    sync = b"s" * 16
    name, filler = b"avro.schema", json.dumps(_CONTRACT.parsed).encode()
    if choice % 3 == 1:
        filler = json.dumps({"type": "record", "name": "x", "fields": _fields(often)}).encode()
    entries = [(name, filler)]
    if choice % 3 == 2:
        entries += [(f"k{n}".encode(), b"v") for n in range(often)]
    head = b"Obj\x01" + zigzag(len(entries))
    for key, value in entries:
        head += zigzag(len(key)) + key + zigzag(len(value)) + value
    return head + zigzag(0) + sync + (zigzag(0) + zigzag(0) + sync) * often


def _fields(often: int) -> list[dict[str, str]]:
    return [{"name": f"f{n}", "type": "string"} for n in range(often)]


def _read(data: bytes) -> None:
    with suppress(ContainerError):
        read_container(data, _CONTRACT)


def _command(pattern: str, choice: int, often: int) -> SourceRecord:
    long = pattern * often or "1"
    fields: tuple[dict[str, Any], ...] = (
        {"reason": long},
        {"issued_by": long},
        {"arguments": {"offsets": ",".join([pattern] * often) or "1"}},
        {"arguments": {f"{pattern}{n}": "1" for n in range(often)} or {"a": "1"}},
    )
    return command_record("replay", fields=fields[choice % len(fields)])


def _commanded(record: SourceRecord) -> None:
    command, _ = read_command(record)
    with suppress(ContractError):
        command.numbers("offsets")


def _export(pattern: str, choice: int, often: int) -> bytes:
    place = _PLACES[choice % len(_PLACES)]
    values: tuple[Any, ...] = (
        pattern * often,
        [pattern] * often,
        {f"{pattern}{n}": n for n in range(often)},
        {f"navn{_letters(n)}": n for n in range(often)},
    )
    grown = values[choice // len(_PLACES) % len(values)]
    if choice % 5 == 4:
        one = unit(consultation()) | (grown if isinstance(grown, dict) else {place: grown})
    else:
        inside = grown if isinstance(grown, dict) else {place: grown}
        one = unit(consultation(**inside))
    return json.dumps([one]).encode()


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))


def _digits(_: str, choice: int, often: int) -> bytes:
    number = ("1" * often or "1", f"1e{'9' * often or '1'}", f"0.{'0' * often}1")[choice % 3]
    place = ("skoletrinn", "konsultasjonId", "varighetMinutter")[choice // 3 % 3]
    text = json.dumps([unit(consultation(**{place: "@"}))])
    return text.replace('"@"', number).encode()


def _nested(_: str, choice: int, often: int) -> bytes:
    opened, closed = (("[", "]"), ('{"a":', "}"))[choice % 2]
    return f"{opened * often}1{closed * often}".encode()


def _exported(pattern: str, _: int, often: int) -> bytes:
    often = min(often, 100)
    whole = [consultation(konsultasjonId=f"{pattern}{n}") for n in range(often)]
    return json.dumps([unit(*whole)]).encode()


def _checked(data: bytes) -> None:
    tally = Tally()
    file = parse_name(Path(NAME))
    with suppress(ExportError):
        for item in check_file(
            file,
            data,
            profile=synthetic_profile(System.VISMA_HSPRO),
            context=_CONTEXT,
            limits=Limits(max_items=1_000, max_bytes=2_000_000),
            now_ms=max(NOW_MS, file.extracted_at),
            seen=Seen(),
        ):
            tally.enter(NAME, item)
    tally.summary("x")


GROWTHS: Final = (
    Growth("a text of an item", _text, _judged),
    Growth("a list of an item", _list, _judged),
    Growth("items", _items, _judged),
    Growth("a text of the envelope", _heading, _arrived),
    Growth("parts of the container", _blocks, _read),
    Growth("a text of a command", _command, _commanded),
    Growth("a value of an export", _export, _checked),
    Growth("digits of an export", _digits, _checked),
    Growth("levels of an export", _nested, _checked),
    Growth("items of an export", _exported, _checked),
)


def seeds() -> Iterator[bytes]:
    """Yield the first inputs: each growth, with patterns that were slow or are likely to be."""
    for which in range(len(GROWTHS)):
        for choice, length, pattern in ((0, 6, b"1"), (1, 9, b"20812450051 "), (2, 12, b"x1_")):
            yield bytes([which, choice, length]) + pattern
