"""The keys, versions and rights that output records are made with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.keys.seal import Sealer
from kpr_stream.model.words import System
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.rights.table import Rights

PointerOf = Callable[[str], str]
"""Returns the JSON pointer of the field that a rule is about."""
TextsOf = Callable[[Sequence[tuple[str, int]]], list[dict[str, Any]]]
"""Returns the texts of rules, given with the number of items that broke each."""


@dataclass(frozen=True, slots=True)
class StampedVersions:
    """The versions of rules and reference data that every record names."""

    rule_set: str
    reference: str


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Emitter:
    """What output records are made with. Holds secrets: never printed.

    The sealers' nonces are the only effect of making a record.
    """

    pseudonyms: Pseudonyms
    identity: Sealer
    quarantine: Sealer
    superseded: Sealer
    versions: StampedVersions
    pointer_of: PointerOf
    texts_of: TextsOf
    rights: Rights = field(default_factory=Rights)
    """The rights in force for the batch that is decided."""
    policy: AdmissionPolicy = field(default_factory=AdmissionPolicy)
    receipt_v2_systems: frozenset[System] = frozenset()
    """The systems that are sent receipts of version 2; the others are sent version 1."""
