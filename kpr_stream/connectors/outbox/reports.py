"""Report what an outbox holds: what was answered, its units, files and findings."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kpr_stream.connectors.outbox.records import DeliveryTotals
from kpr_stream.connectors.outbox.refusal import from_json


class OutboxReports:
    """The questions that change nothing. ``Outbox`` inherits them."""

    run: int
    _sql: sqlite3.Connection

    def totals(self, *, of_this_run: bool) -> dict[str, DeliveryTotals]:
        """Return what was answered, by unit."""
        found: dict[str, DeliveryTotals] = {}
        for org_nr, items, counts in self._sql.execute(
            "SELECT org_nr, item_count, counts FROM delivery WHERE state = 'done'"
            " AND (run = ? OR NOT ?) ORDER BY org_nr",
            (self.run, of_this_run),
        ):
            totals = found.setdefault(org_nr, DeliveryTotals())
            totals.deliveries += 1
            totals.items += items
            for outcome, number in json.loads(counts).items():
                totals.outcomes[outcome] += number
        return found

    def unit_rows(self) -> list[dict[str, Any]]:
        """Return every unit with its status, in order; ``refusal`` is the receiver's text."""
        rows = self._sql.execute(
            "SELECT org_nr, status, next_sequence, reason, refusal,"
            " (SELECT count(*) FROM delivery d WHERE d.org_nr = unit.org_nr AND state <> 'done'),"
            " (SELECT min(sequence) FROM delivery d"
            "  WHERE d.org_nr = unit.org_nr AND state <> 'done')"
            " FROM unit ORDER BY org_nr"
        )
        names = (
            *("org_nr", "status", "next_sequence", "reason", "refusal"),
            *("unanswered", "oldest_unanswered"),
        )
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return [row | {"refusal": from_json(row["refusal"])} for row in found]

    def files_kept(self) -> int:
        """Return how many files were read in this run."""
        return int(self._one("SELECT count(*) FROM file WHERE run = ?", self.run)[0])

    def files_read(self) -> list[str]:
        """Return the names of all files that are in the outbox, or were."""
        return [row[0] for row in self._sql.execute("SELECT DISTINCT name FROM file")]

    def files_of(self, org_nr: str) -> list[str]:
        """Return the names of the files that a unit's deliveries were made of."""
        return [
            row[0]
            for row in self._sql.execute(
                "SELECT DISTINCT file FROM delivery WHERE org_nr = ?", (org_nr,)
            )
        ]

    def findings(self) -> dict[str, int]:
        """Return how many items the receiver found in this run, by rule, most frequent first."""
        return dict(
            self._sql.execute(
                "SELECT rule, count(*) FROM finding WHERE run = ? GROUP BY rule ORDER BY 2 DESC, 1",
                (self.run,),
            )
        )

    def _one(self, sql: str, *values: object) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._sql.execute(sql, values).fetchone()
        return row
