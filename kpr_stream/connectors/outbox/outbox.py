"""Keep what must be sent, what was sent and what became of it, however the process ends.

A file's deliveries and its done mark are one transaction. So are a receipt's effects and the
position in the receipts up to which they are applied. A record keeps its bytes until it is done.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kpr_stream.connectors.outbox.protocol import DeliveryView, UnitStatus, UnitView
from kpr_stream.connectors.outbox.records import DeliveryTotals, Hello, NewDelivery, ReadyDelivery
from kpr_stream.connectors.outbox.refusal import RefusalText, from_json
from kpr_stream.connectors.outbox.sqlite import disk_errors, open_store, transaction


class Outbox:
    """One system's outbox, opened by this process alone."""

    def __init__(self, path: Path, *, system: str) -> None:
        self.path = path
        self._sql, self._lock = open_store(path, system=system)
        self.send_unanswered_again()
        with self.changing():
            self._sql.execute("UPDATE meta SET value = value + 1 WHERE name = 'run'")
        self.run = int(self._one("SELECT value FROM meta WHERE name = 'run'")[0])

    def close(self) -> None:
        """Close the file, and let another connector have it."""
        self._sql.close()
        self._lock.close()

    def send_unanswered_again(self) -> None:
        """Send what has no receipt again, after a start or a lost connection.

        It may have been lost on the way. If not, the receiver recognises it.
        """
        with self.changing():
            self._sql.execute("UPDATE delivery SET state = 'ready' WHERE state = 'sent'")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Run a transaction; DiskError if the disk refuses it, and nothing is changed then."""
        with disk_errors(self.path), transaction(self._sql):
            yield

    # Units

    def add_unit(self, org_nr: str, municipality_code: str) -> None:
        """Note a unit; the next sequence of a new one is asked for before anything is numbered."""
        with self.changing():
            self._sql.execute(
                "INSERT INTO unit (org_nr, municipality_code, status, hello_id)"
                " VALUES (?, ?, ?, ?)"
                " ON CONFLICT (org_nr) DO UPDATE"
                " SET municipality_code = excluded.municipality_code",
                (org_nr, municipality_code, UnitStatus.NEW, str(uuid.uuid4())),
            )

    def unit(self, org_nr: str) -> UnitView | None:
        """Return what is known of a unit."""
        row = self._sql.execute(
            "SELECT status, next_sequence, hello_id,"
            " (SELECT min(sequence) FROM delivery d"
            "  WHERE d.org_nr = unit.org_nr AND d.state <> 'done')"
            " FROM unit WHERE org_nr = ?",
            (org_nr,),
        ).fetchone()
        return row and UnitView(UnitStatus(row[0]), row[1], row[3], row[2])

    def hellos(self, asked: AbstractSet[str]) -> list[Hello]:
        """Return the units to be asked for, without the hellos that were ``asked`` already.

        Each is noted as one more attempt before it is sent.
        """
        new = self._sql.execute("SELECT org_nr, hello_id FROM unit WHERE status = 'new'").fetchall()
        due = [(org_nr,) for org_nr, hello_id in new if hello_id not in asked]
        if not due:
            return []
        with self.changing():
            self._sql.executemany(
                "UPDATE unit SET hello_attempt = hello_attempt + 1 WHERE org_nr = ?", due
            )
        return [
            Hello(
                *self._one(
                    "SELECT org_nr, municipality_code, hello_id, hello_attempt FROM unit"
                    " WHERE org_nr = ?",
                    *one,
                )
            )
            for one in due
        ]

    def set_next_sequence(self, org_nr: str, sequence: int) -> None:
        """Resume a unit at the sequence the receiver expects. Inside a transaction."""
        self._sql.execute(
            "UPDATE unit SET status = 'open', next_sequence = ?, reason = NULL, refusal = NULL"
            " WHERE org_nr = ?",
            (sequence, org_nr),
        )

    def hold_unit(
        self, org_nr: str, status: UnitStatus, reason: str, text: RefusalText | None = None
    ) -> None:
        """Stop sending a unit; ``text`` is the receiver's explanation. Inside a transaction."""
        self._sql.execute(
            "UPDATE unit SET status = ?, reason = ?, refusal = ? WHERE org_nr = ?",
            (status, reason, None if text is None else text.to_json(), org_nr),
        )
        self._sql.execute(
            "UPDATE delivery SET state = 'ready' WHERE org_nr = ? AND state = 'sent'", (org_nr,)
        )

    def release(self, org_nr: str) -> bool:
        """Resume a held unit with the very same deliveries; False if no such unit is held.

        For a cause that was at the receiver and is fixed there.
        """
        with self.changing():
            changed = self._sql.execute(
                "UPDATE unit SET reason = NULL, refusal = NULL,"
                " status = CASE WHEN next_sequence IS NULL THEN 'new' ELSE 'open' END"
                " WHERE org_nr = ? AND status IN ('blocked', 'stopped')",
                (org_nr,),
            )
        return changed.rowcount == 1

    def rebuild_unit(self, org_nr: str) -> bool:
        """Drop a held unit's unanswered deliveries, to be made again from their files.

        The files are marked to be read again for this unit, and its next sequence is asked for.
        False if no such unit is held.
        """
        with self.changing():
            changed = self._sql.execute(
                "UPDATE unit SET status = 'new', next_sequence = NULL, reason = NULL,"
                " refusal = NULL, hello_id = ?, hello_attempt = 0"
                " WHERE org_nr = ? AND status IN ('blocked', 'stopped')",
                (str(uuid.uuid4()), org_nr),
            )
            if changed.rowcount == 0:
                return False
            self._sql.execute(
                "INSERT OR IGNORE INTO again SELECT DISTINCT file, digest, org_nr FROM delivery"
                " WHERE org_nr = ? AND state <> 'done'",
                (org_nr,),
            )
            self._sql.execute(
                "DELETE FROM delivery WHERE org_nr = ? AND state <> 'done'", (org_nr,)
            )
        return True

    # Files

    def units_to_read(self, name: str, digest: str) -> frozenset[str] | None:
        """Return the units of a file that are still to be sent; None means all of them."""
        done = self._sql.execute(
            "SELECT 1 FROM file WHERE name = ? AND digest = ?", (name, digest)
        ).fetchone()
        if done is None:
            return None
        rows = self._sql.execute(
            "SELECT org_nr FROM again WHERE name = ? AND digest = ?", (name, digest)
        )
        return frozenset(row[0] for row in rows)

    def keep(
        self,
        name: str,
        digest: str,
        deliveries: Iterable[NewDelivery],
        *,
        left_out: Iterable[str] = (),
    ) -> None:
        """Keep all deliveries of a file and mark it done, in one transaction.

        The units left out are marked to be read again.
        """
        with self.changing():
            for new in deliveries:
                self._sql.execute(
                    "INSERT INTO delivery (delivery_id, org_nr, sequence, file, digest,"
                    " item_count, record_bytes, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        new.delivery_id,
                        new.org_nr,
                        new.sequence,
                        name,
                        digest,
                        new.item_count,
                        len(new.record),
                        new.record,
                    ),
                )
                self._sql.execute(
                    "UPDATE unit SET next_sequence = ? WHERE org_nr = ?",
                    (new.sequence + 1, new.org_nr),
                )
            self._sql.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?)", (name, digest, self.run)
            )
            self._sql.execute("DELETE FROM again WHERE name = ? AND digest = ?", (name, digest))
            self._sql.executemany(
                "INSERT INTO again VALUES (?, ?, ?)", [(name, digest, one) for one in left_out]
            )

    # Sending

    def take_ready(self, *, window: int, max_bytes: int) -> list[ReadyDelivery]:
        """Return the deliveries to send now, in order, each noted as one more attempt.

        At most ``window`` unanswered of a unit, and ``max_bytes`` in all (but at least one record).
        """
        chosen: list[tuple[str, int]] = []
        budget = max_bytes
        for delivery_id, size in self._sql.execute(_SENDABLE, (window,)):
            if chosen and size > budget:
                break
            budget -= size
            chosen.append((delivery_id, size))
        if not chosen:
            return []
        with self.changing():
            self._sql.executemany(
                "UPDATE delivery SET state = 'sent', attempt = attempt + 1 WHERE delivery_id = ?",
                [(delivery_id,) for delivery_id, _ in chosen],
            )
        return [
            ReadyDelivery(
                *self._one(
                    "SELECT delivery_id, org_nr, sequence, attempt, record FROM delivery"
                    " WHERE delivery_id = ?",
                    delivery_id,
                )
            )
            for delivery_id, _ in chosen
        ]

    def unanswered(self) -> tuple[int, int]:
        """Return how many deliveries of open units have no receipt, and their bytes."""
        row = self._one(
            "SELECT count(*), coalesce(sum(record_bytes), 0) FROM delivery"
            " WHERE state <> 'done' AND org_nr IN (SELECT org_nr FROM unit WHERE status = 'open')"
        )
        return row[0], row[1]

    def waiting_for(self) -> tuple[int, str, int] | None:
        """Return how many deliveries wait for a receipt, and unit and sequence of one of them."""
        row = self._one("SELECT count(*), org_nr, min(sequence) FROM delivery WHERE state = 'sent'")
        return None if row[0] == 0 else (row[0], row[1], row[2])

    def has_new_units(self) -> bool:
        """Return whether some unit's hello is unanswered."""
        return self._sql.execute("SELECT 1 FROM unit WHERE status = 'new'").fetchone() is not None

    # Receipts

    def delivery(self, delivery_id: str) -> DeliveryView | None:
        """Return what is known of a delivery that a receipt names."""
        row = self._sql.execute(
            "SELECT sequence, attempt, state = 'done' FROM delivery WHERE delivery_id = ?",
            (delivery_id,),
        ).fetchone()
        return row and DeliveryView(row[0], row[1], bool(row[2]))

    def note_part(self, delivery_id: str, part: int) -> tuple[int, bool]:
        """Note a part of a receipt; return how many there are now, and whether this one is new.

        Inside a transaction.
        """
        added = self._sql.execute(
            "INSERT OR IGNORE INTO receipt_part VALUES (?, ?)", (delivery_id, part)
        )
        parts = self._one("SELECT count(*) FROM receipt_part WHERE delivery_id = ?", delivery_id)
        return parts[0], added.rowcount == 1

    def note_findings(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Note what the receiver found. Inside a transaction.

        A row is org_nr, sequence, index, local id, outcome, rule, pointer.
        """
        self._sql.executemany(
            "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(*row, self.run) for row in rows],
        )

    def finish(self, delivery_id: str, counts: Mapping[str, int]) -> None:
        """Mark a delivery done and drop its bytes. Inside a transaction."""
        self._sql.execute(
            "UPDATE delivery SET state = 'done', record = NULL, run = ?, counts = ?"
            " WHERE delivery_id = ?",
            (self.run, json.dumps(dict(counts)), delivery_id),
        )
        self._sql.execute("DELETE FROM receipt_part WHERE delivery_id = ?", (delivery_id,))

    def send_again_from(self, org_nr: str, sequence: int) -> None:
        """Send a unit again from a sequence. Inside a transaction.

        Receipts of the attempts before are outdated then.
        """
        self._sql.execute(
            "UPDATE delivery SET state = 'ready' WHERE org_nr = ? AND sequence >= ?"
            " AND state = 'sent'",
            (org_nr, sequence),
        )

    def positions(self) -> dict[int, int]:
        """Return the next receipt to read, by partition; empty for a new outbox."""
        return dict(self._sql.execute("SELECT part, next_offset FROM position"))

    def receipt_topic_id(self) -> str | None:
        """Return the id of the topic that the positions belong to; None: an earlier release."""
        row = self._sql.execute("SELECT value FROM meta WHERE name = 'receipt_topic'").fetchone()
        return row and str(row[0])

    def note_receipt_topic(self, topic_id: str) -> None:
        """Note the topic that the positions belong to. Inside a transaction."""
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES ('receipt_topic', ?)", (topic_id,))

    def note_positions(self, positions: Mapping[int, int]) -> None:
        """Note the next receipt to read, by partition. Inside a transaction."""
        self._sql.executemany("INSERT OR REPLACE INTO position VALUES (?, ?)", positions.items())

    # Reports

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


_SENDABLE = """
SELECT delivery_id, record_bytes FROM (
  SELECT d.delivery_id, d.record_bytes, d.state, d.sequence, d.org_nr,
         row_number() OVER (PARTITION BY d.org_nr ORDER BY d.sequence) AS place
  FROM delivery d JOIN unit u ON u.org_nr = d.org_nr
  WHERE d.state <> 'done' AND u.status = 'open'
)
WHERE state = 'ready' AND place <= ?
ORDER BY sequence, org_nr
"""
# A unit's sent deliveries come before its ready ones, so ``place`` counts everything unanswered.
# The order by sequence takes one of each unit in turn.
