"""Say how one system's FHIR is read: the rows of its mapping table, and its own codes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kpr_stream.connectors.fhir.elements import CodeOfSystem
from kpr_stream.connectors.mapping.profile import CodeTable, Profile
from kpr_stream.connectors.mapping.table import FhirRows, MeasureRow

ENH = "org_nr"
"""The row of the identifiers that is an organisation number."""


@dataclass(frozen=True, slots=True)
class FhirRules:
    """The rows as tables to look things up in."""

    pairs: Mapping[tuple[str, str, str], str]
    """Field, code system and code to the contract's code."""
    measures: Mapping[CodeOfSystem, MeasureRow]
    identifiers: Mapping[str, str]
    """System of identifiers to field."""
    ignored: frozenset[str]
    codes: Mapping[str, CodeTable] = field(default_factory=dict)
    code_systems: Mapping[str, str] = field(default_factory=dict)
    """Field to the code system in which the vendor writes its own codes of it."""
    id_systems: Mapping[str, str] = field(default_factory=dict)
    """Field of an id to the system of the identifier that holds it; else the resource's id."""

    def code(self, name: str, found: Iterable[CodeOfSystem]) -> str | None:
        """Return the contract's code of a field: of the first coding that has one.

        A code of the vendor's own system that its table does not have is returned unchanged: the
        receiver reports it.
        """
        return next(iter(self.all_codes(name, found)), None)

    def all_codes(self, name: str, found: Iterable[CodeOfSystem]) -> list[str]:
        """Return the contract's codes of a field, of every coding that has one."""
        codes = []
        for system, code in found:
            value = self.pairs.get((name, system, code))
            if value is None and self.code_systems.get(name) == system:
                value = self.codes.get(name, {}).get(code, code)
            if value is not None and value not in codes:
                codes.append(value)
        return codes

    def unread(self, names: Iterable[str], found: Iterable[CodeOfSystem]) -> list[CodeOfSystem]:
        """Return the codings that none of the fields reads, without the ignored systems."""
        wanted = tuple(names)
        return [
            one
            for one in found
            if one[0] not in self.ignored
            and not any(self.all_codes(name, [one]) for name in wanted)
        ]


def fhir_rules(rows: FhirRows, profile: Profile) -> FhirRules:
    """Return the rules of a system."""
    return FhirRules(
        pairs={(row.field, row.system, row.code): row.value for row in rows.pairs},
        measures={(row.system, row.code): row for row in rows.measures},
        identifiers={row.system: row.field for row in rows.identifiers},
        ignored=frozenset(row.system for row in rows.ignored),
        codes=profile.codes,
        code_systems=profile.code_systems,
        id_systems=profile.id_systems,
    )
