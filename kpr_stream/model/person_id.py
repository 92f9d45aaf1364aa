"""The kinds of person id, and the length of every keyed hash made from one."""

from __future__ import annotations

from enum import StrEnum

KEY_BYTES = 16
"""Length of person keys, natural keys, record keys and content hashes."""


class IdKind(StrEnum):
    """Kinds of person id, in order of precedence. H-numbers are local to an organisation."""

    FNR = "fnr"
    DNR = "dnr"
    FH = "fh"
    DUF = "duf"
    LOCAL = "local"
