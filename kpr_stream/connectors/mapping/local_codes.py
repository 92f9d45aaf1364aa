"""Read the codes that a system writes: the vendor's, or synthetic ones in tests.

No vendor's codes are public. A vendor gives them in a file (``KPR_CODES_FILE``). Without a file a
test environment reads ``synthetic_codes/``, marked ``synthetic``. Production refuses those: codes
that nobody uses would pass for real ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kpr_stream.connectors.mapping.fields import CODED_FIELDS
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.words import System
from kpr_stream.settings import Environment, Settings

SYNTHETIC_FOLDER: Final = Path(__file__).parent / "synthetic_codes"
_NAME = Annotated[str, Field(min_length=1, max_length=100)]


class LocalCodes(BaseModel):
    """A file of codes: for each coded field, local code to contract code."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    system: System
    synthetic: bool = False
    codes: Mapping[str, Mapping[_NAME, _NAME]]


def profile_in(system: System, settings: Settings) -> Profile:
    """Return a system's profile with the codes of this environment.

    ConfigurationError if the file cannot be used, or if production has synthetic codes only.
    """
    path = settings.codes_file or _synthetic_file(system)
    found = _read(path, system)
    if found.synthetic and settings.environment is Environment.PRODUCTION:
        raise ConfigurationError(
            f"The local codes of {system} in {path.name} are synthetic: no EPJ uses them.",
            what_to_do="Set KPR_CODES_FILE to the vendor's own tables (docs/vendor/"
            "export-format.md); a system that writes the contract's codes gives an empty file.",
        )
    return replace(profile_of(system), codes=found.codes)


def synthetic_profile(system: System) -> Profile:
    """Return a system's profile with the synthetic codes."""
    return replace(profile_of(system), codes=_read(_synthetic_file(system), system).codes)


def _synthetic_file(system: System) -> Path:
    return SYNTHETIC_FOLDER / f"{system}.json"


def _read(path: Path, system: System) -> LocalCodes:
    try:
        found = LocalCodes.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as cause:
        raise ConfigurationError(
            f"The file of local codes {path} cannot be used: {_why(cause)}.",
            what_to_do="Write it as docs/vendor/export-format.md shows, and check KPR_CODES_FILE.",
        ) from None
    unknown = sorted(found.codes.keys() - CODED_FIELDS)
    if found.system is not system or unknown:
        about = f"the field {unknown[0]}" if unknown else f"the system {found.system}"
        raise ConfigurationError(
            f"The file of local codes {path} is for {about}, not for a coded field of {system}.",
            what_to_do="Name the file of this system, with fields as in docs/vendor/"
            "export-format.md.",
        )
    return found


def _why(cause: OSError | ValueError) -> str:
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    if isinstance(cause, ValidationError):
        first = cause.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return "it is not JSON text in UTF-8"
