"""The mapping tables: every row says what it rests on, and every value is one of the contract."""

from __future__ import annotations

from importlib.resources import files

import pytest

from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.connectors.mapping.table import (
    RowStatus,
    TableRow,
    all_tables,
    parse_table,
    table_of,
)
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.reference import load_reference

HP = System.HELSEPLATTFORMEN
TEXT = (
    files("kpr_stream.connectors.mapping")
    .joinpath("tables", "helseplattformen.toml")
    .read_text("utf-8")
)


def rows(system: System) -> list[TableRow]:
    table = table_of(system)
    found: list[TableRow] = [
        getattr(table.habits, name) for name in type(table.habits).model_fields
    ]
    if table.fhir is not None:
        found += [*table.fhir.pairs, *table.fhir.measures, *table.fhir.identifiers]
        found += table.fhir.ignored
    return found


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_row_rests_on_a_source_or_a_reason(system: System) -> None:
    assert all_tables()[system].system is system
    assert profile_of(system).system is system
    for row in rows(system):
        assert (row.source is None) is (row.status is RowStatus.ASSUMED)
        assert row.ground


def test_every_value_of_a_pair_is_a_code_of_the_contract() -> None:
    fhir = table_of(HP).fhir
    assert fhir is not None
    known = load_reference().known_codes
    for pair in fhir.pairs:
        assert pair.value in known(pair.field), pair
    for measure in fhir.measures:
        assert measure.position is None or measure.position in known("length_position")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("version = 1", "version = 2", "the version is not 1"),
        ("version = 1", "version = 1\nmore = 2", "more: Extra inputs"),
        ("version = 1", "version = ", "it is not TOML"),
        ('system = "helseplattformen"', 'system = "visma-hspro"', "it is the table of visma"),
        ('value = "gram"\nstatus = "assumed"', 'value = "gram"\nstatus = "confirmed"', "a source"),
        ('field = "fnr"', 'field = "number"', "number is not a field of the contract"),
        ('field = "sex"', 'field = "fnr"', "fnr is not a coded field"),
        ('code = "HH"', 'code = "AMB"', "a row is there twice"),
    ],
)
def test_a_table_that_is_wrong_is_refused(old: str, new: str, why: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigurationError, match=why):
        parse_table(TEXT.replace(old, new, 1), name="helseplattformen.toml", system=HP)
