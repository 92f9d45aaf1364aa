"""The table of cases, the grade, the report and the certificate."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kpr_stream.conformance.cases import (
    CaseGroup,
    CaseOutcome,
    CaseResult,
    Grade,
    all_cases,
    grade,
)
from kpr_stream.conformance.certificate import (
    VALID_DAYS,
    certificate_of,
    read_certificate,
    read_signing_key,
    read_verifying_key,
    require_release_of,
    sign,
)
from kpr_stream.conformance.orders import Content, Orders, equal_items
from kpr_stream.conformance.report import page_of, report_of
from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.model.words import System
from tests.unit.conformance.test_checks import right

KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REQUIRED = next(name for name, case in all_cases().items() if case.required)
ADVISED = next(name for name, case in all_cases().items() if not case.required)


def results(**other: CaseOutcome) -> list[CaseResult]:
    return [
        CaseResult(case=case, result=other.get(name, CaseOutcome.PASSED))
        for name, case in all_cases().items()
    ]


def report(**other: CaseOutcome) -> dict[str, Any]:
    return report_of(System.VISMA_HSPRO, right(), results(**other), tested_at=NOW, seconds=1.5)


def test_every_group_has_a_case_in_both_languages() -> None:
    assert {case.group for case in all_cases().values()} == set(CaseGroup)
    assert all(case.en.endswith(".") and case.no.endswith(".") for case in all_cases().values())


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, Grade.CONFORMANT),
        ({ADVISED: CaseOutcome.FAILED}, Grade.WITH_REMARKS),
        ({REQUIRED: CaseOutcome.NOT_RUN}, Grade.INCOMPLETE),
        ({REQUIRED: CaseOutcome.FAILED}, Grade.NOT_CONFORMANT),
    ],
)
def test_the_grade_follows_from_the_cases(other: dict[str, CaseOutcome], expected: Grade) -> None:
    assert grade(results(**other)) is expected


def test_a_run_without_results_is_incomplete() -> None:
    assert grade([]) is Grade.INCOMPLETE


def test_the_page_shows_every_case_and_no_markup_of_a_sender() -> None:
    found = report()
    found["software_version"] = "<script>1</script>"
    page = page_of(found)
    assert "<script>" not in page
    assert all(name in page for name in all_cases())
    assert page.count("<h1>") == 1
    json.dumps(found)


def test_a_certificate_is_read_back() -> None:
    signed = json.dumps(sign(certificate_of(report()), KEY)).encode()
    found = read_certificate(signed, KEY.public_key(), today=NOW.date())
    assert (found.system, found.software_version) == (System.VISMA_HSPRO, "1.0")
    assert found.valid_until == NOW.date() + timedelta(days=VALID_DAYS)


@pytest.mark.parametrize(
    ("change", "today", "why"),
    [
        ({"software_version": "1.1"}, NOW.date(), "not the register's, or it was changed"),
        ({}, NOW.date() + timedelta(days=VALID_DAYS + 1), "it was valid until 2027-03-01"),
        ({"signature": "!"}, NOW.date(), "not a signed certificate"),
        ({"cases": None}, NOW.date(), "it was changed"),
        ({}, NOW.date() - timedelta(days=1), "a run on 2026-03-01, which is yet to come"),
    ],
)
def test_what_voids_a_certificate_is_named(change: dict[str, Any], today: date, why: str) -> None:
    signed = sign(certificate_of(report()), KEY) | change
    with pytest.raises(UsageError, match=why):
        read_certificate(json.dumps(signed).encode(), KEY.public_key(), today=today)


def test_a_certificate_of_older_cases_is_void() -> None:
    signed = sign(certificate_of(report() | {"suite_version": 0}), KEY)
    with pytest.raises(UsageError, match="cases 0"):
        read_certificate(json.dumps(signed).encode(), KEY.public_key(), today=NOW.date())


def test_a_signed_certificate_of_a_grade_that_gives_none_is_void() -> None:
    signed = sign(certificate_of(report()) | {"grade": Grade.NOT_CONFORMANT}, KEY)
    with pytest.raises(UsageError, match="its grade is not conformant"):
        read_certificate(json.dumps(signed).encode(), KEY.public_key(), today=NOW.date())


def test_a_certificate_is_of_one_release() -> None:
    signed = json.dumps(sign(certificate_of(report()), KEY)).encode()
    found = read_certificate(signed, KEY.public_key(), today=NOW.date())
    require_release_of(found, System.VISMA_HSPRO, "1.0")
    for system, version in ((System.EG_INFODOC, "1.0"), (System.VISMA_HSPRO, "1.0.1")):
        with pytest.raises(UsageError, match=f"not of {system} '{version}'"):
            require_release_of(found, system, version)


def test_another_key_verifies_nothing() -> None:
    signed = json.dumps(sign(certificate_of(report()), Ed25519PrivateKey.generate())).encode()
    with pytest.raises(UsageError, match="not the register's"):
        read_certificate(signed, KEY.public_key(), today=NOW.date())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff"])
def test_any_other_bytes_are_no_certificate(data: bytes) -> None:
    with pytest.raises(UsageError, match="not a signed certificate"):
        read_certificate(data, KEY.public_key(), today=NOW.date())


@pytest.mark.parametrize("result", [CaseOutcome.FAILED, CaseOutcome.NOT_RUN])
def test_only_a_run_with_every_required_case_is_certified(result: CaseOutcome) -> None:
    with pytest.raises(UsageError, match="gives no certificate"):
        certificate_of(report(**{REQUIRED: result}))


def test_the_keys_are_read_from_pem() -> None:
    private = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    message = b"signed"
    read_verifying_key(public).verify(read_signing_key(private).sign(message), message)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    rsa_pem = other.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for wrong in (b"", private, rsa_pem):
        with pytest.raises(ConfigurationError):
            read_verifying_key(wrong)
    with pytest.raises(ConfigurationError):
        read_signing_key(public)


def test_no_two_orders_have_the_same_content() -> None:
    orders = Orders()
    unit = orders.unit()
    made = [orders.deliver(unit, content) for content in Content for _ in range(3)]
    ids = [
        item.get("consultation_id") or item["appointment_id"]
        for order in made
        for item in order["items"]
    ]
    assert len(set(ids)) == len(ids) > len(made)
    assert len(set(orders.persons)) == len(orders.persons)
    assert Orders().deliver(unit) == Orders().deliver(unit)


def test_items_are_compared_as_values() -> None:
    ordered = {"start": "2025-01-07T09:15:00Z", "birth_date": "2024-11-26", "sex": "2"}
    sent = {
        "start": datetime(2025, 1, 7, 9, 15, tzinfo=UTC),
        "birth_date": date(2024, 11, 26),
        "sex": "2",
        "grade": None,
        "unreadable": [],
    }
    assert equal_items(ordered, sent) == []
    assert equal_items(ordered, sent | {"sex": "1", "grade": 3}) == ["grade", "sex"]
