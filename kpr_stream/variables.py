"""Read the ``KPR_…`` variables of the environment, strictly: a misspelt name is an error.

A secret may come from a file: ``KPR_KAFKA_PASSWORD_FILE`` names the file of KPR_KAFKA_PASSWORD.
Kubernetes sets variables for each service of a namespace. A service whose name begins with `kpr`
gets names with our prefix. Those are left alone, also where such a name is that of a setting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from kpr_stream.errors import ConfigurationError
from kpr_stream.model.files import read_regular_text

PREFIX: Final = "KPR_"
FILE: Final = "_FILE"
"""Ending of the variable that names the file of a secret."""
MOST_SECRET_CHARS: Final = 10_000
"""A longer file is not a password or an address: probably the wrong file is named."""

_OF_A_SERVICE: Final = re.compile(
    r"KPR(_[A-Z0-9_]+)?"
    r"(_SERVICE_HOST|_SERVICE_PORT(_[A-Z0-9_]+)?"
    r"|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_PORT_OF_A_SERVICE: Final = re.compile(r"(?P<service>KPR(_[A-Z0-9_]+)?)_PORT")
_ADDRESS: Final = re.compile(r"(tcp|udp|sctp)://.*")
"""Value of a service's ``…_PORT``; a port of ours is a number."""


def read_variables(
    environment: Mapping[str, str], settings: Collection[str], secrets: Collection[str]
) -> dict[str, str]:
    """Return the value of each setting that is given, by its name in lower case.

    ``secrets`` are the settings that may come from a file. ConfigurationError if a name is not a
    setting, if a secret is given twice, or if its file cannot be used. No value is ever quoted.
    """
    given = {
        name.upper(): value
        # The exact name wins over one in lower case.
        for name, value in sorted(environment.items(), key=lambda one: one[0].isupper())
        if name.upper().startswith(PREFIX)
    }
    given = {name: value for name, value in given.items() if not _is_of_a_service(name, given)}
    files = {f"{PREFIX}{name}{FILE}".upper(): name for name in secrets}
    known = {f"{PREFIX}{name}".upper(): name for name in settings}
    unknown = sorted(given.keys() - known.keys() - files.keys())
    if unknown:
        raise _not_settings(unknown, [*known, *files])
    found = {name: given[variable] for variable, name in known.items() if variable in given}
    for variable, name in files.items():
        if variable in given:
            if name in found:
                raise ConfigurationError(
                    f"{variable.removesuffix(FILE)} and {variable} are both set.",
                    what_to_do="Remove one of them.",
                )
            found[name] = _read_secret(variable, given[variable])
    return found


def _is_of_a_service(name: str, given: Mapping[str, str]) -> bool:
    if _OF_A_SERVICE.fullmatch(name):
        return True
    port = _PORT_OF_A_SERVICE.fullmatch(name)
    return port is not None and _ADDRESS.fullmatch(given[name]) is not None


def _not_settings(unknown: list[str], known: list[str]) -> ConfigurationError:
    meant = [f"{name} (did you mean {_nearest(name, known)}?)" for name in unknown]
    one = len(unknown) == 1
    return ConfigurationError(
        f"{'This variable is' if one else 'These variables are'} not a setting of KPR Stream: "
        f"{', '.join(meant)}.",
        what_to_do="Correct or remove it: deploy/settings.reference.env lists every setting.",
    )


def _nearest(name: str, known: Collection[str]) -> str:
    if (without := name.removesuffix(FILE)) in known:
        return without  # only a secret may come from a file
    # Compared without the prefix, which all names share.
    plain = {one.removeprefix(PREFIX): one for one in known}
    (like,) = get_close_matches(name.removeprefix(PREFIX), plain, n=1, cutoff=0.0)
    return plain[like]


def _read_secret(variable: str, path: str) -> str:
    try:
        text = read_regular_text(Path(path))
    except UnicodeDecodeError:
        raise _unusable(variable, path, "it is not text in UTF-8") from None
    except OSError as cause:
        raise _unusable(variable, path, cause.strerror or type(cause).__name__) from None
    secret = text.rstrip("\r\n")
    if not secret:
        raise _unusable(variable, path, "it is empty")
    if len(secret) > MOST_SECRET_CHARS:
        raise _unusable(variable, path, f"it has more than {MOST_SECRET_CHARS} characters")
    return secret


def _unusable(variable: str, path: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} names the file {path}, which cannot be used: {why}.",
        what_to_do="Name a file that holds the secret alone and that this user may read.",
    )
