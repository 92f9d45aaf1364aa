"""Describes results of commands, evidence of links and unit states in lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from kpr_stream.model.link import Evidence
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.utc_time import known_time, or_never, utc_time


def describe_commands(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Describe each command in one line, from results in the order of time.

    A command that was sent in slices has a result for every slice, and one line.
    """
    lines = []
    for _, slices in groupby(results, _command_of):
        one, *more = slices
        about = f" of {one['system']}" if one["system"] else ""
        dry = " (dry run)" if one["arguments"].get("dry_run") else ""
        code = f" {one['code']}" if one["code"] else ""
        times = f", {1 + len(more)} times" if more else ""
        lines.append(
            f"{utc_time(one['carried_out_at'])} {one['kind']}{about}{dry} by "
            f"{one['issued_by']}: {one['status']}{code}{times}; {one['reason']}"
        )
    return lines


def _command_of(result: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("kind", "system", "issued_by", "reason", "status", "code")
    return (*(result[name] for name in names), "dry_run" in result["arguments"])


def describe_evidence(evidence: Iterable[Mapping[str, Any]]) -> list[str]:
    """Describe evidence of a link: one line for equal evidence, with its first time.

    Every lane records an operator's decision, so that equal evidence is usual.
    """
    lines: dict[str, str] = {}
    for one in evidence:
        lines.setdefault(_describe_one(one), utc_time(one["changed_at"]))
    return [f"{at} {words}" for words, at in lines.items()]


def _describe_one(evidence: Mapping[str, Any]) -> str:
    if evidence["evidence"] == Evidence.OPERATOR:
        return "withdrawn by an operator" if evidence["withdrawn"] else "withdrawal taken back"
    where = f" {evidence['org_nr']} {evidence['system']}" if evidence["org_nr"] else ""
    gone = f", withdrawn: {evidence['withdrawn_because']}" if evidence["withdrawn"] else ""
    return f"{evidence['evidence']}{where}{gone}"


def describe_listed_unit(row: Mapping[str, Any]) -> str:
    """Describe a unit and system of a list in one line, with what is the matter."""
    words = {
        "blocked": lambda: (
            f"blocked since {utc_time(row['blocked_since'])}: {row['blocked_reason']}"
        ),
        "silent": lambda: f"silent: a delivery was due {utc_time(row['next_delivery_due'])}",
        "gaps": lambda: f"{row['missing_sequences']} deliveries missing",
        "paused": lambda: f"paused until {row['paused_until'] or 'resumed'}",
    }
    matters = [words[concern]() for concern in row["concerns"]]
    heard = f"last delivery {or_never(row['last_delivery_at'])}"
    return f"{row['org_nr']} {row['system']}: {'; '.join([*matters, heard])}"


def describe_delivery(report: Mapping[str, Any]) -> list[str]:
    """Describe what became of a delivery, from ``delivery_report``."""
    about = f"{report['org_nr']} {report['system']}, {report['message_type']}"
    lines = [f"Delivery {report['delivery_id']}: {about}, sequence {report['sequence']}"]
    for one in report["answers"]:
        lines.append(_describe_answer(one))
        lines += [
            f"    {text['rule']} ({text['severity']}), {text['items']} items: {text['text_en']}"
            for text in one["findings"]
        ]
    causes = {one["cause"]: None for one in report["answers"] if one.get("cause")}
    lines += [line for cause in causes for line in explain_refusal(cause)]
    if report["quarantine"]:
        states = (f"{number} {state}" for state, number in report["quarantine"].items())
        lines.append(f"  in quarantine: {', '.join(states)}")
    if unit := report["unit"]:
        since = unit["blocked_since"]
        blocked = f"blocked since {utc_time(since)}: {unit['blocked_reason']}" if since else ""
        lines.append(
            f"  the unit now expects sequence {unit['next_sequence']} and is "
            f"{blocked or 'not blocked'}"
        )
    return lines


def explain_refusal(code: str) -> list[str]:
    """Explain a refusal, by its cause or its reason: what is wrong, who corrects it, and how.

    Several causes share some reasons: a line for each. No line for a code of another release.
    """
    return [
        f"    {cause.value}: {row.en} By {row.who}: {row.action_en}"
        for cause, row in refusal_causes().items()
        if code in (cause.value, row.reason.value)
    ]


def _describe_answer(one: Mapping[str, Any]) -> str:
    counts = (f"{number} {outcome}" for outcome, number in one["counts"].items() if number)
    items = f", {one['item_count']} items: {', '.join(counts)}" if one["item_count"] else ""
    expected = f", sequence {one['expected_sequence']} is expected"
    missing = "" if one["parts_found"] == one["parts"] else "; {parts_found} of {parts} parts found"
    return (
        f"  {utc_time(one['received_at'])} attempt {one['attempt']} (lane "
        f"{one['source_partition']}, offset {one['source_offset']}): {one['status']}"
        f"{' ' + one['reason'] if one['reason'] else ''}"
        f"{items or ('' if one['status'] == 'processed' else expected)}{missing.format(**one)}"
    )


def describe_unit(state: Mapping[str, Any]) -> str:
    """Describe the state of a unit and system in one line.

    A unit may have an agreement and no delivery: the record has time 0 for that. A blocked one
    delivers, and nothing of it is processed.
    """
    name = " ".join(filter(None, (state["org_nr"], state["system"], state["software_version"])))
    last, processed = known_time(state["last_delivery_at"]), state.get("last_processed_at")
    refused_since = (
        f", last processed {or_never(processed)}" if processed not in (None, last) else ""
    )
    return (
        f"{name}: next sequence {state['next_sequence']}, last delivery {or_never(last)}"
        f"{refused_since}"
    )
