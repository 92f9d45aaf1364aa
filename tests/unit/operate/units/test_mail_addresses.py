"""Contacts' addresses as a template of Alertmanager: plain ones only, and one for all others."""

from __future__ import annotations

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.operate.units.mail_addresses import (
    address_template,
    parse_address,
    usable_addresses,
)

UNIT, VENDOR = "974760673", "visma-hspro"


def test_addresses_that_are_plain_are_used() -> None:
    contacts = [
        {"party": UNIT, "email": " post@kommune.example "},
        {"party": VENDOR, "email": ""},
        {"party": "983658776", "email": 'x{{ template "y" }}@kommune.example'},
        {"party": '"}}', "email": "post@kommune.example"},
    ]
    assert usable_addresses(contacts) == {UNIT: "post@kommune.example"}


def test_a_party_without_an_address_gets_the_other_one() -> None:
    made = address_template({VENDOR: "b@v.example", UNIT: "a@k.example"}, "drift@example.org")
    assert made == (
        '{{ define "kpr.address" }}{{ if eq . "" }}drift@example.org'
        '{{ else if eq . "974760673" }}a@k.example'
        '{{ else if eq . "visma-hspro" }}b@v.example'
        "{{ else }}drift@example.org{{ end }}{{ end }}\n"
    )


@pytest.mark.parametrize("text", ["", "drift", "a@b", "a@b.example, c@d.example", "å@b.example"])
def test_another_text_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="mail address"):
        parse_address(text)
