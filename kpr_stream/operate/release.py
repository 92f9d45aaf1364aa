"""Reads the releases of EPJ systems, and adds up their states over all lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from kpr_stream.errors import UsageError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.command import SOFTWARE_VERSION, VALID_UNTIL, CommandKind, ResultStatus
from kpr_stream.model.topics import COMMAND_RESULT, RELEASE, Role
from kpr_stream.operate.newest import newest
from kpr_stream.settings import Settings

NEAREST: Final = 3
"""How many similar versions an error names."""


async def releases(settings: Settings, role: Role = Role.OPERATOR) -> list[dict[str, Any]]:
    """Return every release that has delivered, read as ``role``: see ``by_release``."""
    return by_release(await newest(kafka_access(settings, role), RELEASE, "release"))


async def admissions(settings: Settings) -> dict[tuple[str, str], str]:
    """Return the last day on which each release is admitted, by system and software version."""
    answers = await newest(kafka_access(settings, Role.OPERATOR), COMMAND_RESULT, "command_result")
    return last_days(answers)


def last_days(answers: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Return the last day of each admitted release, from the answers of all lanes.

    A release that a lane has not admitted has the day of the other lanes.
    """
    found: dict[tuple[str, str], str] = {}
    for one in answers:
        if one["kind"] == CommandKind.ADMIT_RELEASE and one["status"] == ResultStatus.DONE:
            name = one["system"], one["arguments"][SOFTWARE_VERSION]
            found[name] = max(found.get(name, ""), one["arguments"][VALID_UNTIL])
    return found


def with_admissions(
    found: Iterable[dict[str, Any]], days: Mapping[tuple[str, str], str]
) -> list[dict[str, Any]]:
    """Return the entries of ``releases`` with ``admitted_until``, and those only admitted yet."""
    entries = {(one["system"], one["software_version"]): one for one in found}
    for name in days:
        entries.setdefault(name, _entry(*name))
    return [entries[name] | {"admitted_until": days.get(name)} for name in sorted(entries)]


def require_release(found: Iterable[Mapping[str, Any]], system: str, version: str) -> None:
    """Raise UsageError unless this version of a system has delivered; it names the nearest.

    A stop of a version that nobody has would be reported as done, and the bad release would
    continue to deliver. ``found`` are entries of ``releases``.
    """
    known = [one["software_version"] for one in found if one["system"] == system]
    if version in known:
        return
    # Compared without case and blanks: what is typed differs in these most often.
    plain = {"".join(one.split()).casefold(): one for one in known}
    like = get_close_matches("".join(version.split()).casefold(), plain, n=NEAREST, cutoff=0.5)
    nearest = ", ".join(plain[one] for one in like)
    raise UsageError(
        f"No unit has delivered from {system} with software version {version!r}.",
        what_to_do=f"The nearest versions: {nearest}."
        if nearest
        else "See `kpr-stream release list` for the versions there are.",
    )


def by_release(states: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add up the lanes' states: one entry per release of an EPJ system, sorted."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for state in states:
        name = state["system"], state["software_version"]
        one = found.setdefault(name, _entry(*name))
        one["items"] += state["items"]
        one["rejected"] += state["rejected"]
        if state["stopped_since"] is not None:
            one["stopped_lanes"] += 1
            one["stopped_by"] = state["stopped_by"]
    return [found[name] for name in sorted(found)]


def _entry(system: str, software_version: str) -> dict[str, Any]:
    return {
        "system": system,
        "software_version": software_version,
        "items": 0,
        "rejected": 0,
        "stopped_lanes": 0,
        "stopped_by": None,
    }
