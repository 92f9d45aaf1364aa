"""Keeps successions of units, and finds what a unit and its successor have both reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kpr_stream.database.connect import fetch
from kpr_stream.errors import UsageError
from kpr_stream.model.command import MOST_KEYS, CommandKind
from kpr_stream.model.words import System
from kpr_stream.operate.request import CommandRequest, Requester
from kpr_stream.operate.units.contacts import OPERATOR
from kpr_stream.settings import Settings

_LEADS_TO = (
    "WITH RECURSIVE later(org_nr) AS (SELECT $1::text UNION SELECT s.new_org_nr"
    " FROM registry.succession AS s JOIN later ON s.old_org_nr = later.org_nr)"
    " SELECT 1 FROM later WHERE org_nr = $2"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleReport:
    """A consultation that its unit's successor has reported too.

    ``key``, ``lane`` and ``offset`` are of the record to mark; ``winner_key`` remains live.
    """

    key: str
    org_nr: str
    system: System
    lane: int
    offset: int
    winner_key: str
    winner_org_nr: str


async def find_double_reports(settings: Settings) -> list[DoubleReport]:
    """Return the consultations that a unit and its successor have both reported."""
    rows = await fetch(
        settings,
        OPERATOR,
        "SELECT consultation_key, org_nr, system, source_partition, source_offset, winner_key,"
        " winner_org_nr FROM content.found_across_units ORDER BY source_partition, source_offset",
    )
    return [
        DoubleReport(
            key=row["consultation_key"].hex,
            org_nr=row["org_nr"],
            system=System(row["system"]),
            lane=row["source_partition"],
            offset=row["source_offset"],
            winner_key=row["winner_key"].hex,
            winner_org_nr=row["winner_org_nr"],
        )
        for row in rows
    ]


async def register_succession(
    settings: Settings, old: str, new: str, since: date, requester: Requester
) -> None:
    """Register that a unit reports under another org number from a date; again: change the date.

    UsageError if the new number leads back to the old one: each of two records would then be
    marked in favour of the other, and the consultation would count under neither.
    """
    if await fetch(settings, OPERATOR, _LEADS_TO, new, old):
        raise UsageError(
            f"{old} is already registered as the successor of {new}: this would be a circle.",
            what_to_do=f"If that is wrong, run `kpr-stream across forget {new} {old}` first (or "
            "the pairs between them).",
        )
    await fetch(
        settings,
        OPERATOR,
        "WITH kept AS (INSERT INTO registry.succession AS s"
        " (old_org_nr, new_org_nr, since, changed_by, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (old_org_nr, new_org_nr) DO UPDATE SET since = EXCLUDED.since,"
        " changed_by = EXCLUDED.changed_by, reason = EXCLUDED.reason, changed_at = now()"
        " WHERE s.since <> EXCLUDED.since RETURNING old_org_nr, new_org_nr, since)"
        " INSERT INTO registry.succession_history"
        " (old_org_nr, new_org_nr, since, act, changed_by, reason)"
        " SELECT *, 'registered', $4, $5 FROM kept",
        *(old, new, since, requester.account, requester.reason),
    )


async def forget_succession(settings: Settings, old: str, new: str, requester: Requester) -> bool:
    """Remove a succession; False if it was not registered. Marked records stay marked."""
    gone = await fetch(
        settings,
        OPERATOR,
        "WITH gone AS (DELETE FROM registry.succession WHERE old_org_nr = $1 AND new_org_nr = $2"
        " RETURNING old_org_nr, new_org_nr, since)"
        " INSERT INTO registry.succession_history"
        " (old_org_nr, new_org_nr, since, act, changed_by, reason)"
        " SELECT *, 'forgotten', $3, $4 FROM gone RETURNING old_org_nr",
        *(old, new, requester.account, requester.reason),
    )
    return bool(gone)


async def exclude(settings: Settings, key: str, requester: Requester) -> None:
    """Exclude a consultation from double reports: later runs do not mark it."""
    await fetch(
        settings,
        OPERATOR,
        "INSERT INTO registry.not_across (consultation_key, changed_by, reason)"
        " VALUES ($1::text::uuid, $2, $3) ON CONFLICT DO NOTHING",
        *(key, requester.account, requester.reason),
    )


def mark_requests(
    requester: Requester, found: Iterable[DoubleReport], ids: Iterable[str]
) -> list[CommandRequest]:
    """Request commands that mark these: for each unit and system as many as needed.

    ``ids`` yields command ids, one for each command.
    """
    by_unit: dict[tuple[int, str, System], list[DoubleReport]] = {}
    for one in found:
        by_unit.setdefault((one.lane, one.org_nr, one.system), []).append(one)
    fresh = iter(ids)
    return [
        _mark_request(next(fresh), requester, part)
        for _, ones in sorted(by_unit.items())
        for part in (ones[at : at + MOST_KEYS] for at in range(0, len(ones), MOST_KEYS))
    ]


def _mark_request(
    command_id: str, requester: Requester, part: Sequence[DoubleReport]
) -> CommandRequest:
    first = part[0]
    arguments = {
        "keys": ",".join(one.key for one in part),
        "offsets": ",".join(str(one.offset) for one in part),
        "winners": ",".join(one.winner_key for one in part),
    }
    return CommandRequest(
        command_id=command_id,
        kind=CommandKind.MARK,
        lane=first.lane,
        requester=requester,
        org_nr=first.org_nr,
        system=first.system,
        arguments=arguments,
    )
