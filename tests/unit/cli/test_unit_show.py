"""``kpr-stream unit show``: what is wrong with a unit, who corrects it, and whom to call."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import System
from kpr_stream.operate.summary import explain_refusal
from kpr_stream.operate.units import report
from tests.support.command_here import Ran, here

UNIT = "974760673"
AT = datetime(2026, 11, 28, 19, tzinfo=UTC)
CONTACT = {
    "party": "visma-hspro",
    "name": "Support [1]",
    "phone": "21000000",
    "email": "",
    "hours": "Mon-Fri 8-16",
}
COMMAND: dict[str, Any] = {
    "carried_out_at": AT,
    "kind": "pause",
    "system": "visma-hspro",
    "issued_by": "ola",
    "reason": "Summer closing",
    "status": "done",
    "code": None,
    "arguments": {},
}


def shown(monkeypatch: pytest.MonkeyPatch, *more: str, **changes: Any) -> Ran:
    """Show a unit of which this is known."""
    state = UnitState(
        org_nr=UNIT, system=System.VISMA_HSPRO, municipality_code="0301", next_sequence=3
    ).to_record()
    state |= {"last_delivery_at": None, **changes.pop("state", {})}
    found = {
        "org_nr": UNIT,
        "systems": [{"state": state, "open_quarantine": changes.pop("open_quarantine", 0)}],
        "contacts": [],
        "contacts_unknown": None,
        "acts": [],
        **changes,
    }

    async def unit_report(*_: Any) -> dict[str, Any]:
        return found

    monkeypatch.setattr(report, "unit_report", unit_report)
    return here("unit", "show", UNIT, *more)


def test_a_blocked_unit_has_the_cause_and_who_corrects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = {"blocked_since": AT, "blocked_reason": "NO_AGREEMENT"}
    gap = {"gaps": [{"first": 4, "last": 6, "since": AT}]}
    done = shown(monkeypatch, state={**blocked, **gap}, open_quarantine=7)
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert "  blocked since 2026-11-28T19:00:00Z: NO_AGREEMENT" in lines
    explained = explain_refusal("NO_AGREEMENT")
    assert explained
    assert set(explained) <= set(lines)
    assert "  gap 4 to 6, since 2026-11-28T19:00:00Z" in lines
    assert "  7 items open in quarantine" in lines
    assert lines[-1] == "  no contact is registered: store one with `registry contact`"


def test_a_pause_an_agreement_a_contact_and_the_last_commands_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dates = {
        "paused_from": date(2026, 7, 1),
        "paused_until": date(2026, 8, 1),
        "agreed_from": date(2026, 1, 1),
        "agreed_to": None,
    }
    acts = [COMMAND | {"reason": f"Number {n}"} for n in range(12)]
    lines = shown(monkeypatch, state=dates, contacts=[CONTACT], acts=acts).out.splitlines()
    assert "  paused 2026-07-01 – 2026-08-01" in lines
    assert "  agreement 2026-01-01 –" in lines
    assert "  call visma-hspro: Support [1] (21000000, Mon-Fri 8-16)" in lines
    told = [line for line in lines if "pause of visma-hspro by ola: done" in line]
    assert [line.rpartition("; ")[2] for line in told] == [f"Number {n}" for n in range(2, 12)]


def test_without_the_database_the_rest_is_shown_and_contacts_are_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = shown(monkeypatch, contacts_unknown="PostgreSQL is away.")
    assert (done.code, "  contacts are not known: PostgreSQL is away." in done.out) == (0, True)
    assert "no contact is registered" not in done.out


def test_the_json_is_the_whole_report_with_times_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    done = shown(monkeypatch, "--json", state={"blocked_since": AT, "blocked_reason": "X"})
    (one,) = done.json["systems"]
    assert one["state"]["blocked_since"] == "2026-11-28T19:00:00Z"
    assert "blocked since" in done.err
