"""Note times and open faults of items beside the deliveries: what ``connect status`` reports.

An item's faults are open until the item is taken again: its next version replaces them, and
leaves none if nothing is wrong with it. ``duplicate`` and ``stale`` say that the receiver keeps
the version that it has, so the faults of that version stay.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from kpr_stream.connectors.delivery.contents import SentItems, contents_of
from kpr_stream.connectors.outbox.sqlite import statements
from kpr_stream.model.words import Outcome

UNCHANGED: Final = (Outcome.DUPLICATE, Outcome.STALE)
"""Outcomes after which the receiver still has the earlier version."""
KEY_BYTES: Final = 32
_KEY: Final = "item_key"


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one outbox, on its connection. All changes are inside transactions."""

    sql: sqlite3.Connection

    def prepare(self) -> None:
        """Make what the outbox of an earlier release does not have."""
        script = files("kpr_stream.connectors.outbox").joinpath("journal.sql").read_text("utf-8")
        for statement in statements(script):
            self.sql.execute(statement)
        self.sql.execute(
            "INSERT OR IGNORE INTO meta VALUES (?, ?)", (_KEY, secrets.token_hex(KEY_BYTES))
        )

    def item_key(self) -> bytes:
        """Return the key that hides the ids of items in this outbox."""
        row = self.sql.execute("SELECT value FROM meta WHERE name = ?", (_KEY,)).fetchone()
        return bytes.fromhex(row[0])

    def note_contents(self, delivery_id: str, contents: bytes) -> None:
        """Note the items of a delivery that was kept."""
        self.sql.execute(
            "UPDATE delivery_time SET contents = ? WHERE delivery_id = ?", (contents, delivery_id)
        )

    def contents(self, delivery_id: str) -> SentItems | None:
        """Return the items of a delivery that is not answered; None if nobody noted them."""
        row = self.sql.execute(
            "SELECT contents FROM delivery_time WHERE delivery_id = ?", (delivery_id,)
        ).fetchone()
        return None if row is None else contents_of(row[0])

    def note_findings(self, receipt: Mapping[str, Any]) -> None:
        """Note the faults that one part of a receipt names, and the texts of their rules."""
        self.sql.executemany(
            "INSERT OR REPLACE INTO rule_text VALUES (?, ?)",
            [
                (text["rule"], json.dumps(text, ensure_ascii=False))
                for text in receipt.get("texts", ())
            ],
        )
        contents = self.contents(receipt["delivery_id"]) if receipt["items"] else None
        if contents is None:
            return
        unchanged = set()
        for item in receipt["items"]:
            at = item["index"]
            if item["outcome"] in UNCHANGED:
                unchanged.add(at)
            elif at < len(contents.ids):
                self._note(receipt, item, contents.ids[at], *contents.places[at])
        if unchanged:
            self.note_contents(receipt["delivery_id"], contents.without(unchanged).to_bytes())

    def settle(self, delivery_id: str, org_nr: str) -> None:
        """Drop the faults of earlier versions of a delivery's items, before it is done."""
        contents = self.contents(delivery_id) if self._any(org_nr) else None
        if contents is None:
            return
        # The last of two versions in one delivery is the item's.
        of_item = {one: at for at, one in enumerate(contents.ids) if one}
        self.sql.executemany(
            "DELETE FROM open_error WHERE org_nr = ? AND item = ?"
            " AND NOT (delivery_id = ? AND item_index = ?)",
            [(org_nr, one, delivery_id, at) for one, at in of_item.items()],
        )

    def note_replayed(self, receipt: Mapping[str, Any]) -> None:
        """Replace the faults of items that were judged again; all of them were taken now.

        The receipt of a replay lists every item that it is about.
        """
        for item in receipt["items"]:
            where = (receipt["delivery_id"], item["index"])
            row = self.sql.execute(
                "SELECT item, file, place FROM open_error"
                " WHERE delivery_id = ? AND item_index = ? LIMIT 1",
                where,
            ).fetchone()
            if row is not None:
                self.sql.execute(
                    "DELETE FROM open_error WHERE delivery_id = ? AND item_index = ?", where
                )
                self._note(receipt, item, *row)

    def _note(
        self, receipt: Mapping[str, Any], item: Mapping[str, Any], hashed: bytes, *place: str
    ) -> None:
        now = time.time_ns() // 1_000_000
        self.sql.executemany(
            "INSERT INTO open_error VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(receipt["org_nr"], hashed, receipt["delivery_id"], item["index"]),
                    *(item["outcome"], finding["rule"], finding["pointer"]),
                    *(*place, now),
                )
                for finding in item["findings"]
            ],
        )

    def _any(self, org_nr: str) -> bool:
        return (
            self.sql.execute(
                "SELECT 1 FROM open_error WHERE org_nr = ? LIMIT 1", (org_nr,)
            ).fetchone()
            is not None
        )
