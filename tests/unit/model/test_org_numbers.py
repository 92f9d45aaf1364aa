"""Org numbers: real ones everywhere, synthetic ones in test, padded ones never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.no import orgnr

from kpr_stream.model.org_numbers import is_org_nr

REAL = ("974760673", "983658776", "889640782", "800000009")
TENOR = ("310478717", "313367002", "212201782", "314270320")
"""Of the public test data that the module names."""
FHI = "481831253"
"""The unit of FHI's public test message."""
NOBODYS = (
    *("0", "000000000", "00000000", "100000008", "123456785", "701730496", "043871668"),
    *("222222222", "333333333", "888888888", "999999999", "974760674", "97476067", "9747606730"),
    *("٩٧٤٧٦٠٦٧٣", "９７４７６０６７３", "९७४७६०६७३", "974_60673", "+74760673", "974 760 673", ""),
)


@pytest.mark.parametrize("number", REAL)
def test_a_real_number(number: str) -> None:
    assert is_org_nr(number, synthetic_too=True)
    assert is_org_nr(number, synthetic_too=False)


@pytest.mark.parametrize("number", [*TENOR, FHI])
def test_a_synthetic_number_is_of_test_only(number: str) -> None:
    assert is_org_nr(number, synthetic_too=True)
    assert not is_org_nr(number, synthetic_too=False)


@pytest.mark.parametrize("number", NOBODYS)
def test_nobodys_number(number: str) -> None:
    assert not is_org_nr(number, synthetic_too=True)
    assert not is_org_nr(number, synthetic_too=False)


@given(st.from_regex(r"[0-9]{8,10}", fullmatch=True), st.booleans())
def test_nothing_is_accepted_that_the_oracle_refuses(text: str, synthetic: bool) -> None:  # noqa: FBT001
    assert not is_org_nr(text, synthetic_too=synthetic) or orgnr.is_valid(text)
