"""Read the codes that a system writes: the vendor's, or synthetic ones in tests.

No vendor's codes are public. A vendor gives them in a file (``KPR_CODES_FILE``). Without a file a
test environment reads ``synthetic_codes/``, marked ``synthetic``. Production refuses those: codes
that nobody uses would pass for real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kpr_stream.connectors.mapping.fields import CODED_FIELDS
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.files import read_regular_file
from kpr_stream.model.json_text import JsonTextError, place_of_key, read_json
from kpr_stream.model.words import System
from kpr_stream.reference import Reference, load_reference
from kpr_stream.settings import Environment, Settings

SYNTHETIC_FOLDER: Final = Path(__file__).parent / "synthetic_codes"
MAX_FILE_BYTES: Final = 10_000_000
"""A file of codes has some kilobytes. A larger one is another file, named by mistake."""
_NAME = Annotated[str, Field(min_length=1, max_length=100)]
_URI = Annotated[str, Field(min_length=1, max_length=300)]
ID_NAMES: Final = frozenset({"consultation_id", "appointment_id", "person_local_id"})
"""The ids for which a vendor may name an identifier."""


class LocalCodes(BaseModel):
    """A file of codes: for each coded field, local code to contract code.

    For FHIR also the code systems in which the codes are written, by field, and the systems of the
    identifiers that are local ids, by the field of the id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    system: System
    synthetic: bool = False
    codes: Mapping[str, Mapping[_NAME, _NAME]]
    code_systems: Mapping[str, _URI] = Field(default_factory=dict)
    id_systems: Mapping[str, _URI] = Field(default_factory=dict)


def profile_in(system: System, settings: Settings) -> Profile:
    """Return a system's profile with the codes of this environment.

    ConfigurationError if the file cannot be used, or if production has synthetic codes only.
    """
    path = settings.codes_file or _synthetic_file(system)
    contract = load_reference(settings.reference_dir) if settings.codes_file else None
    found = _read(path, system, contract)
    if found.synthetic and settings.environment is Environment.PRODUCTION:
        raise ConfigurationError(
            f"The local codes of {system} in {path.name} are synthetic: no EPJ uses them.",
            what_to_do="Set KPR_CODES_FILE to the vendor's own tables (docs/vendor/"
            "export-format.md); a system that writes the contract's codes gives an empty file.",
        )
    return _with_codes(system, found)


def synthetic_profile(system: System) -> Profile:
    """Return a system's profile with the synthetic codes."""
    return _with_codes(system, _read(_synthetic_file(system), system))


def _with_codes(system: System, found: LocalCodes) -> Profile:
    return replace(
        profile_of(system),
        codes=found.codes,
        code_systems=found.code_systems,
        id_systems=found.id_systems,
    )


def _synthetic_file(system: System) -> Path:
    return SYNTHETIC_FOLDER / f"{system}.json"


def _read(path: Path, system: System, contract: Reference | None = None) -> LocalCodes:
    """Read a file of codes. With ``contract`` each code must be one of the contract's."""
    try:
        data = read_regular_file(path, most_bytes=MAX_FILE_BYTES)
    except OSError as cause:
        raise _unusable(path, cause.strerror or type(cause).__name__) from None
    try:
        found = LocalCodes.model_validate(read_json(data))
    except JsonTextError as cause:
        raise _unusable(path, f"it is not JSON text of this kind: {cause}") from None
    except ValidationError as cause:
        first = cause.errors(include_input=False, include_url=False)[0]
        keys = tuple(key for key in first["loc"] if isinstance(key, str) and key != "[key]")
        raise _unusable(path, _at(data, keys, first["msg"])) from None
    if found.system is not system:
        raise _other(path, system, _at(data, ("system",), f"for the system {found.system}"))
    _require_known_fields(found, path, data)
    for field, table in found.codes.items():
        if field not in CODED_FIELDS:
            raise _other(path, system, _at(data, ("codes", field), f"for the field {field}"))
        known = contract.known_codes(field) if contract else table.values()
        for local, code in table.items():
            if code not in known:
                what = f"the code is not one of the contract's for {field}"
                raise _unusable(path, _at(data, ("codes", field, local), what))
    return found


def _require_known_fields(found: LocalCodes, path: Path, data: bytes) -> None:
    """Refuse a code system or an identifier of a field that has none."""
    for key, names, fields in (
        ("code_systems", found.code_systems, CODED_FIELDS),
        ("id_systems", found.id_systems, ID_NAMES),
    ):
        for field in names:
            if field not in fields:
                raise _other(path, found.system, _at(data, (key, field), f"for the field {field}"))


def _at(data: bytes, keys: tuple[str, ...], what: str) -> str:
    """Return what is wrong with the value of a key, with its line and column."""
    place = place_of_key(data, keys)
    return f"{'.'.join(keys) or 'it'}: {what}" + (f" ({place})" if place else "")


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The file of local codes {path} cannot be used: {why}.",
        what_to_do="Write it as docs/vendor/export-format.md shows, and check KPR_CODES_FILE.",
    )


def _other(path: Path, system: System, about: str) -> ConfigurationError:
    return ConfigurationError(
        f"The file of local codes {path} is not for a coded field of {system}: {about}.",
        what_to_do="Name the file of this system, with fields as in docs/vendor/export-format.md.",
    )
