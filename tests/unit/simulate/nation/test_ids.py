"""No id of the nation is one that a person or a unit has or could have."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from stdnum.no import orgnr

from kpr_stream.simulate.nation.generate import Plan, generate
from kpr_stream.simulate.nation.people import numbers
from kpr_stream.simulate.nation.people.places import LARGEST_PLACE, places
from kpr_stream.simulate.nation.people.residents import COHORTS, load_residents
from kpr_stream.simulate.nation.records.faults import Fault
from tests.end_to_end.truth import table

_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
_ELEVEN = re.compile(r"(?<![0-9])[0-9]{10,11}(?![0-9])")


def is_valid(number: str) -> bool:
    """Compute Skatteetaten's control digits independently of the simulator."""
    digits = [int(d) for d in number]
    return all(sum(w * d for w, d in zip(ws, digits, strict=False)) % 11 == 0 for ws in _WEIGHTS)


def is_synthetic(number: str) -> bool:
    """80 stands added to the month."""
    return 81 <= int(number[2:4]) <= 92


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ids") / "out"
    generate(Plan(seed=3, municipalities=("5514", "5630", "1857", "5034")), out)
    return out


def test_everybodys_numbers_are_synthetic_valid_and_their_own(out: Path) -> None:
    persons = table(out, "persons")
    everybody = [*persons["fnr"].str.zfill(11), *persons["dnr"].drop_nulls().str.zfill(11)]
    assert len(everybody) > 2000
    assert all(is_synthetic(number) and is_valid(number) for number in everybody)
    assert len({*everybody}) == len(everybody)
    d_numbers = persons["dnr"].drop_nulls().str.zfill(11)
    assert all(41 <= int(number[:2]) <= 71 for number in d_numbers)
    years = [int(number[:4]) for number in persons["duf"].drop_nulls()]
    assert years
    assert max(years) < 1988


def test_every_number_in_the_exports_is_of_somebody_or_known_to_be_mistyped(out: Path) -> None:
    """Every run of ten or eleven digits, in any field: a lost zero is put back."""
    persons = table(out, "persons")
    known = {*persons["fnr"].str.zfill(11), *persons["dnr"].drop_nulls().str.zfill(11)}
    text = "".join(path.read_text("utf-8") for path in sorted(out.glob("*/*/0*.json")))
    found = Counter(number.zfill(11) for number in _ELEVEN.findall(text))
    mistyped = {number for number in found if number not in known}
    assert len(found) > 2000
    assert all(is_synthetic(number) for number in found)
    assert not any(is_valid(number) for number in mistyped)
    faults = table(out, "faults").filter(pl.col("fault") == Fault.WRONG_CHECK_DIGIT.name.lower())
    assert 0 < len(mistyped) <= faults.height


def test_every_number_that_can_be_given_is_synthetic_and_valid() -> None:
    """All slots of children, twins and mothers, of some years on both sides of 2000."""
    for year in (1959, 1976, 1997, 2000, 2017, 2025):
        for sex in (numbers.MALE, numbers.FEMALE):
            heads, tails = numbers._table(year, sex, False)
            made = (heads[:, None] * 100_000 + tails)[::29].ravel().tolist()
            texts = [str(number).zfill(11) for number in made]
            assert all(is_synthetic(text) and is_valid(text) for text in texts)
            assert len({*texts}) == len(texts)


def test_no_two_people_of_the_nation_share_a_slot() -> None:
    """Municipality by municipality, slots of a birth year and sex go on where the last ended."""
    residents = load_residents()
    steps = np.diff(residents.own_from, axis=0)
    assert (steps >= 0).all()
    for n, cohort in enumerate(COHORTS):
        assert residents.own_from[-1, :, n].max() < numbers.capacity(cohort)


def test_every_org_number_of_the_nation_is_valid_and_its_own() -> None:
    everywhere = places(share=1.0, municipalities=(), change_of_epj=True)
    found = [unit.org_nr for unit in chain.from_iterable(place.units for place in everywhere)]
    assert len({*found}) == len(found) > 900
    assert all(orgnr.is_valid(number) and number.startswith("80") for number in found)


def test_no_place_is_so_large_that_its_making_takes_much_memory() -> None:
    """A city's districts are not divide_rows further; the largest of Oslo bounds them."""
    everywhere = places(share=1.0, municipalities=(), change_of_epj=True)
    assert max(place.children for place in everywhere) < 1.5 * LARGEST_PLACE


def test_the_exports_hold_no_number_outside_of_their_fields(out: Path) -> None:
    """But for the two faults that are just that."""
    for path in sorted(out.glob("cgm-helsestasjon/*/0*_HST_Avtale_*.json"))[:40]:
        for unit in json.loads(path.read_text("utf-8")):
            for item in unit["avtale"]:
                outside = {name: value for name, value in item.items() if name != "person"}
                assert not _ELEVEN.search(json.dumps(outside))
