"""What lanes have answered, in lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from kpr_stream.model.link import Evidence


def moment(at: datetime) -> str:
    """A time with its zone: whoever reads it lives one or two hours from UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def told_acts(acts: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line for what was ordered once: a long order has an answer for every slice."""
    lines = []
    for _, slices in groupby(acts, _ordered):
        one, *more = slices
        about = f" of {one['system']}" if one["system"] else ""
        dry = " (dry run)" if one["arguments"].get("dry_run") else ""
        code = f" {one['code']}" if one["code"] else ""
        times = f", {1 + len(more)} times" if more else ""
        lines.append(
            f"{moment(one['carried_out_at'])} {one['kind']}{about}{dry} by {one['issued_by']}: "
            f"{one['status']}{code}{times}; {one['reason']}"
        )
    return lines


def _ordered(act: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("kind", "system", "issued_by", "reason", "status", "code")
    return (*(act[name] for name in names), "dry_run" in act["arguments"])


def told_evidence(evidence: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line for what says the same, with its first time: an operator's word is noted by every
    lane."""
    lines: dict[str, str] = {}
    for said in evidence:
        lines.setdefault(_words(said), moment(said["changed_at"]))
    return [f"{at} {words}" for words, at in lines.items()]


def _words(said: Mapping[str, Any]) -> str:
    if said["evidence"] == Evidence.OPERATOR:
        return "withdrawn by an operator" if said["withdrawn"] else "withdrawal taken back"
    where = f" {said['org_nr']} {said['system']}" if said["org_nr"] else ""
    gone = f", withdrawn: {said['withdrawn_because']}" if said["withdrawn"] else ""
    return f"{said['evidence']}{where}{gone}"


def told_unit(state: Mapping[str, Any]) -> str:
    """A unit and system, where it stands; a unit may have an agreement and nothing more."""
    name = " ".join(filter(None, (state["org_nr"], state["system"], state["software_version"])))
    last = state["last_delivery_at"]
    delivered = f"last delivery {moment(last)}" if last.timestamp() else "nothing delivered yet"
    return f"{name}: next sequence {state['next_sequence']}, {delivered}"
