"""Define what a fuzzer feeds to the sender's side, as plain functions of bytes.

Reading: any file is read, mapped and cut into deliveries that open again, or refused with our own
error. FHIR: the same for a Bundle and for lines of NDJSON. Names: any file name is read or refused.
Settings: any bytes are a key file, a file of codes or an ``export.json``, or refused. Arguments:
any command line is parsed or refused. No text that comes out quotes an id that went in.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError
from typer._click.core import Command, Context
from typer._click.exceptions import ClickException
from typer.core import TyperGroup
from typer.main import get_command

from kpr_stream.cli import arguments as typed
from kpr_stream.cli import setting_error
from kpr_stream.cli.app import build_cli
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.export.names import as_text, require_usable_extraction, shown
from kpr_stream.connectors.fhir.rules import FhirRules
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.local_codes import profile_in, synthetic_profile
from kpr_stream.connectors.source.fhir_folder import FhirFolder
from kpr_stream.connectors.source.interface import UnitPart
from kpr_stream.errors import ExportError, KprError, UsageError
from kpr_stream.keys.keyring import read_keyring, read_public_key
from kpr_stream.model.limits import SOFTWARE_VERSION_CHARS
from kpr_stream.model.words import SYSTEMS, MessageType, System
from kpr_stream.processor.intake.arrive import item_contract
from kpr_stream.schemas.container import read_container
from kpr_stream.settings import Environment, Settings
from tests.unit.connectors.exports import FNR, NAME, consultation, unit
from tests.unit.connectors.fhir import resources

_NOW_MS = 1_738_382_400_000
_DIGITS = FNR.lstrip("0")
_CONSULTATIONS = read.parse_name(Path(NAME))
_APPOINTMENTS = read.parse_name(Path(NAME.replace("Konsultasjon", "Avtale")))


class SenderBroken(AssertionError):  # noqa: N818 - a fuzzer reports findings, not errors
    """A condition that must hold is broken."""


def reading(data: bytes) -> None:
    """Read a file of an export. The first byte selects message type and system."""
    first = data[0] if data else 0
    file = (_CONSULTATIONS, _APPOINTMENTS)[first % 2]
    profile = synthetic_profile(SYSTEMS[first // 2 % len(SYSTEMS)])
    contract = item_contract(file.message_type, pack.contract_version(file.message_type))
    try:
        units = read.units_of(file, data[1:])
    except ExportError as refused:
        _assert_says_nothing(refused)
        return
    for part in units:
        items = [mapping.map_deletion(file.message_type, one) for one in part.deletions]
        items += [mapping.map_upsert(file.message_type, one, profile) for one in part.upserts]
        whole = pack.cut(items, file.message_type, max_items=3, max_bytes=10_000)
        sent = 0
        for packed in whole.payloads:
            if contract is None:
                raise SenderBroken("There is no contract for what is sent.")
            sent += sum(count for count, _ in read_container(packed.payload, contract))
        if sent + len(whole.too_large) != len(items):
            raise SenderBroken("An item is neither sent nor left out.")
        (part.district_code or "").encode()


def fhir(data: bytes) -> None:
    """Read a FHIR snapshot. The first byte selects Bundle or lines."""
    lines = bool(data) and data[0] % 2 == 1
    path = _folder() / "000001_FHIR_2025-01_20250201T040000Z"
    path = path.with_suffix(".ndjson" if lines else ".json")
    path.write_bytes(data[1:])
    source = FhirFolder(path.parent, _fhir_rules(), bytes(32), synthetic_units=True)
    found = next(p for one in source.series() for p in one.pending if p.path == path)
    try:
        document = found.open()
        try:
            for part in document.parts(None):
                _sendable(part)
            for chunk in document.removals():
                for removal in chunk:
                    _assert_shown(removal.place.file)
        finally:
            document.close()
    except ExportError as refused:
        _assert_says_nothing(refused)
    finally:
        path.unlink()


def _sendable(part: UnitPart) -> None:
    """Cut what a part gives into deliveries that open again."""
    made = part.make()
    for left_out in (*part.left_out, *made.left_out):
        if _DIGITS in left_out.message:
            raise SenderBroken("What is left out quotes a national id.")
    for unmapped in made.unmapped:
        if _DIGITS in unmapped.code:
            raise SenderBroken("A code that is reported quotes a national id.")
    contract = item_contract(part.message_type, pack.contract_version(part.message_type))
    if contract is None:
        raise SenderBroken("There is no contract for what is sent.")
    whole = pack.cut(made.items, part.message_type, max_items=3, max_bytes=10_000)
    sent = sum(
        count for packed in whole.payloads for count, _ in read_container(packed.payload, contract)
    )
    if sent + len(whole.too_large) != len(made.items) or len(made.prints) != len(made.items):
        raise SenderBroken("An item is neither sent nor left out.")


def _assert_shown(name: str) -> None:
    if not name.isprintable():
        raise SenderBroken("A name that cannot be printed is shown.")


def names(data: bytes) -> None:
    """Read any bytes as the name of a file."""
    name = os.fsdecode(data)
    if not shown(name).isprintable():
        raise SenderBroken("A name that cannot be printed is shown.")
    as_text(name).encode()
    with suppress(ExportError):
        require_usable_extraction(read.parse_name(Path(name)), now_ms=_NOW_MS)


def settings(data: bytes) -> None:
    """Read any bytes as one of the files that settings name, or as a setting's value."""
    use = _SETTINGS[data[0] % len(_SETTINGS)] if data else _software_version
    path = _folder() / "export.json"
    path.write_bytes(data[1:])
    try:
        use(path)
    except KprError as refused:
        _assert_says_nothing(refused)


def arguments(data: bytes) -> None:
    """Parse any lines as a command line, and each line as every kind of argument."""
    words = os.fsdecode(data).split("\n")
    if any("completion" in word for word in words):
        return  # these write into the files of a shell
    nowhere = io.StringIO()
    wrong_use = suppress(ClickException, typer.Exit, typer.Abort, KprError)
    with redirect_stdout(nowhere), redirect_stderr(nowhere), wrong_use:
        _parse(_cli(), words)
    for word in words:
        for parse in _TYPED:
            try:
                parse(word)
            except UsageError as refused:
                _assert_says_nothing(refused)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "reading": reading,
    "fhir": fhir,
    "names": names,
    "settings": settings,
    "arguments": arguments,
}


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield the first inputs (target, bytes): right ones, and one of each kind of fault."""
    whole = json.dumps([unit(consultation(varighetMinutter=20, maalinger={"vekt": 4}))]).encode()
    for first in range(8):
        yield "reading", bytes([first]) + whole
    odd = [unit(consultation(datoTid=value)) | {"bydelNr": value} for value in _ODD_VALUES]
    for data in (
        *(json.dumps([one]).encode() for one in odd),
        *(whole + tail for tail in (b"\0" * 9, whole, b"\n{}", b"x")),
        *(whole.decode().encode(kind) for kind in ("utf-16", "utf-16-le", "utf-32-be")),
        *(b"[NaN]", b'[{"orgNr":1,"orgNr":2}]', b"[" * 5_000, b"{}", b"1e999999", b"[1e999999]"),
        whole[:-20],
    ):
        yield "reading", b"\0" + data
    yield from _fhir_seeds()
    for name in (NAME, "a.json", NAME.replace("2025-01_", "9999-12_"), NAME.replace("0", "٠")):
        yield "names", name.encode()
    yield "names", b"\xff" + NAME.encode()
    for which in range(len(_SETTINGS)):
        for text in _SETTING_TEXTS:
            yield "settings", bytes([which]) + text.encode("utf-8", "surrogatepass")
    for line in (
        *("check\na.json\n--system\nvisma-hspro\n--json", "connect\n\n--system\nx", "--version"),
        *("unit\nshow\n974760673", "quarantine\nlist\n--state\nopen", "replay\n--from\n2026-02-30"),
        *("0001-01-01T00:00+23:59", "9999-12-31T23:59:59-23:59", "٩٧٤٧٦٠٦٧٣", "1_1" * 10, "²" * 9),
        *("0f69e6c39847dbb048c27fe951d1ddcc", "\ud800".encode("utf-8", "surrogatepass").hex()),
    ):
        yield "arguments", line.encode()


def _fhir_seeds() -> Iterator[tuple[str, bytes]]:
    whole = [
        resources.organization(),
        resources.patient(),
        resources.service(),
        resources.appointment(),
        resources.encounter(appointment=[{"reference": "Appointment/a-1"}]),
        resources.weight(),
        {"request": {"method": "DELETE", "url": "Encounter/e-9"}},
    ]
    yield "fhir", b"\0" + json.dumps(resources.bundle(*whole)).encode()
    yield "fhir", b"\1" + b"\n".join(json.dumps(one).encode() for one in whole[:-1])
    for value in _ODD_VALUES:
        for name in ("status", "subject", "period", "type", "id", "meta", "length", "participant"):
            odd = resources.encounter(**{name: value})
            yield "fhir", b"\0" + json.dumps(resources.bundle(*whole[:3], odd)).encode()
        for name in ("valueQuantity", "code", "encounter", "effectiveDateTime"):
            odd = resources.weight(**{name: value})
            yield "fhir", b"\0" + json.dumps(resources.bundle(*whole[:5], odd)).encode()
        for name in ("identifier", "birthDate", "gender"):
            odd = resources.patient(**{name: value})
            yield "fhir", b"\0" + json.dumps(resources.bundle(whole[0], odd, whole[4])).encode()


_ODD_VALUES: tuple[Any, ...] = (
    "4U",
    "9999-12-31T24:00",
    "\ud800",
    [],
    {"a": [1]},
    10**400,
    1e-30,
    True,
    "٣",
    FNR,
)
_SETTING_TEXTS = (
    "",
    "{}",
    "[]",
    '{"softwareVersion": "7.4"}',
    '{"softwareVersion": "\\ud800"}',
    '{"system": "visma-hspro", "codes": {"attendance": {"M": "MOTT"}}}',
    '{"system": "visma-hspro", "codes": {"attendance": {"M": "\\ud800"}}}',
    '{"public_keys": {"a": "\\ud800"}, "current": "a"}',
    '{"private_keys": {}, "person_version": 1e999}',
    "1" * 5_000,
    "true",
    "9" * 400,
)


def _software_version(path: Path) -> None:
    (path.parent / NAME).touch()
    (series,) = read.find_series(path.parent)
    series.software_version.encode()
    if not 0 < len(series.software_version) <= SOFTWARE_VERSION_CHARS:
        raise SenderBroken("A software version that is empty or too long is sent.")


def _codes(path: Path) -> None:
    found = profile_in(
        System.VISMA_HSPRO, Settings(environment=Environment.PRODUCTION, codes_file=path)
    )
    mapping.map_upsert(MessageType.CONSULTATION, {"oppmoteStatus": "M"}, found)


def _variable(path: Path) -> None:
    """Take the bytes as the value of every setting."""
    text = path.read_bytes().decode("utf-8", "replace")
    for name in Settings.model_fields:
        try:
            Settings.model_validate({name: text})
        except ValidationError as invalid:
            error = setting_error(invalid)
            if len(text) > 20 and text in error.message:
                raise SenderBroken("The value of a setting is quoted.") from None


_SETTINGS: tuple[Callable[[Path], object], ...] = (
    _software_version,
    _codes,
    read_public_key,
    read_keyring,
    _variable,
)
_TYPED: tuple[Callable[[str], object], ...] = (
    typed.parse_unit,
    typed.parse_party,
    typed.parse_person_key,
    typed.parse_consultation_key,
    typed.parse_quarantine_id,
    lambda text: typed.parse_date(text, "--from"),
    lambda text: typed.parse_time_range(text, None, now_ms=_NOW_MS),
    lambda text: typed.parse_time_range("1970-01-01", text, now_ms=_NOW_MS),
)


@cache
def _fhir_rules() -> FhirRules:
    return resources.rules(own_codes=True)


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="kpr-fuzz-"))


@cache
def _cli() -> Command:
    return get_command(build_cli())


def _parse(command: Command, words: list[str], parent: Context | None = None) -> None:
    """Parse a command line down to its command, and run nothing."""
    context = command.make_context(command.name or "", list(words), parent=parent)
    if isinstance(command, TyperGroup):
        rest = [*context._protected_args, *context.args]
        _, found, left = command.resolve_command(context, rest)
        if found is not None:
            _parse(found, left, context)


def _assert_says_nothing(refused: KprError) -> None:
    if _DIGITS in str(refused):
        raise SenderBroken("An error quotes a national id.")
    str(refused).encode()
