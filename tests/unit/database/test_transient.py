"""Which failures of PostgreSQL are waited for, and what a log line says of them."""

from __future__ import annotations

import asyncpg
import pytest

from kpr_stream.database.transient import SQLSTATES, describe, may_pass, may_recover, sqlstate


def error(code: str) -> asyncpg.PostgresError:
    found = asyncpg.PostgresError.new({"C": code, "M": "a value of a row"})
    assert found.sqlstate == code
    return found


PASS = (
    *("08000", "08001", "08003", "08006", "0A000", "25006", "25P03", "25P04"),
    *("40001", "40P01", "40003", "53000", "53100", "53200", "53300", "53400"),
    *("55006", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "58000", "58030"),
)
STAY = (
    *("08P01", "22001", "23505", "25001", "25P02", "28000", "28P01", "3D000", "40002"),
    *("42501", "42P01", "42703", "55000", "57P04", "0A001", "XX000", "XX001", "F0000"),
)


@pytest.mark.parametrize("code", PASS)
def test_what_a_server_may_get_over_is_waited_for(code: str) -> None:
    assert may_pass(error(code))
    assert may_recover(error(code))


@pytest.mark.parametrize("code", STAY)
def test_what_waiting_does_not_change_ends_at_once(code: str) -> None:
    assert not may_pass(error(code))
    assert not may_recover(error(code))


@pytest.mark.parametrize(
    ("cause", "passes"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (asyncpg.InterfaceError("the connection is closed"), True),
        (asyncpg.exceptions.TargetServerAttributeNotMatched("none is writable"), True),
        (asyncpg.DataError("a value does not fit"), False),
        (asyncpg.ClientConfigurationError("no address"), False),
        (RuntimeError(), False),
        (None, False),
    ],
)
def test_failures_without_a_code(cause: BaseException | None, passes: bool) -> None:  # noqa: FBT001
    assert may_pass(cause) is passes
    assert not may_recover(cause)


def test_every_entry_has_a_meaning_and_a_reason_of_its_own() -> None:
    assert len({one.code for one in SQLSTATES}) == len(SQLSTATES)
    for one in SQLSTATES:
        assert len(one.code) in (2, 5)
        assert one.meaning
        assert one.reason.endswith(".")
        above = sqlstate(one.code[:2]) if len(one.code) == 5 else None
        if above is not None:
            assert above.passes is not one.passes, f"{one.code} only repeats its class"


def test_a_log_line_names_code_and_meaning_and_quotes_nothing() -> None:
    line = describe(error("25006"))
    assert "SQLSTATE 25006" in line
    assert "the server is read-only" in line
    assert "a value of a row" not in describe(error("25006")) + describe(error("22001"))
    assert describe(error("22001")).startswith("SQLSTATE 22001")
    assert "ConnectionRefusedError" in describe(ConnectionRefusedError("secret"))
    assert "secret" not in describe(ConnectionRefusedError("secret"))
