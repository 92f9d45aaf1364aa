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

from kpr_stream.connectors.outbox.journal import Journal
from kpr_stream.connectors.outbox.protocol import DeliveryView, UnitStatus, UnitView
from kpr_stream.connectors.outbox.queries import IN_FLIGHT, SENDABLE, UNANSWERED, WAITING_FOR
from kpr_stream.connectors.outbox.records import (
    Hello,
    NewDelivery,
    NewResource,
    ReadyDelivery,
    SentResource,
)
from kpr_stream.connectors.outbox.refusal import RefusalText
from kpr_stream.connectors.outbox.reports import OutboxReports
from kpr_stream.connectors.outbox.room import require_room
from kpr_stream.connectors.outbox.sqlite import disk_errors, open_store, transaction


class Outbox(OutboxReports):
    """One system's outbox, opened by this process alone."""

    def __init__(self, path: Path, *, system: str, max_bytes: int | None = None) -> None:
        """Open or make the outbox. It takes no new deliveries beyond ``max_bytes``."""
        self.path, self._max_bytes = path, max_bytes
        self._sql, self._lock = open_store(path, system=system)
        self.send_unanswered_again()
        self.journal = Journal(self._sql)
        with self.changing():
            self.journal.prepare()
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
            self._sql.execute(
                "UPDATE delivery SET state = 'ready' WHERE state <> 'done' AND state = 'sent'"
            )

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Run a transaction; DiskError if the disk refuses it, and nothing is changed then."""
        with disk_errors(self.path), transaction(self._sql):
            yield

    # Units

    def add_unit(self, org_nr: str, municipality_code: str, *, is_current: bool = True) -> None:
        """Note a unit; the next sequence of a new one is asked for before anything is numbered.

        A municipality that is not current, of years ago, replaces none that is known.
        """
        known = self._sql.execute(
            "SELECT municipality_code FROM unit WHERE org_nr = ?", (org_nr,)
        ).fetchone()
        if known is not None and (not is_current or known[0] == municipality_code):
            return  # a transaction that changes nothing would wait for the disk all the same
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
            "UPDATE delivery SET state = 'ready'"
            " WHERE org_nr = ? AND state <> 'done' AND state = 'sent'",
            (org_nr,),
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
            # Resources of these deliveries count as changed, so that they are sent again. The noted
            # sequence is the last that can hold a resource: some that were answered come twice.
            self._sql.execute(
                "DELETE FROM resource WHERE org_nr = ?1 AND sequence >="
                " (SELECT min(sequence) FROM delivery WHERE org_nr = ?1 AND state <> 'done')",
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
        resources: Iterable[NewResource] = (),
        done: bool = True,
    ) -> None:
        """Keep deliveries of a file with their resources, and mark it ``done``: one transaction.

        The units left out are marked to be read again.
        """
        with self.changing():
            for new in deliveries:
                if self._max_bytes is not None:
                    size, limit = len(new.record), self._max_bytes
                    require_room(self._sql, self.path, more=size, limit=limit)
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
                self.journal.note_contents(new.delivery_id, new.contents)
                self._sql.execute(
                    "UPDATE unit SET next_sequence = ? WHERE org_nr = ?",
                    (new.sequence + 1, new.org_nr),
                )
            self._sql.executemany(
                "INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?, ?)",
                [(r.resource, r.org_nr, r.local_id, r.digest, r.sequence) for r in resources],
            )
            if not done:
                return
            self._sql.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?)", (name, digest, self.run)
            )
            self._sql.execute("DELETE FROM again WHERE name = ? AND digest = ?", (name, digest))
            self._sql.executemany(
                "INSERT INTO again VALUES (?, ?, ?)", [(name, digest, one) for one in left_out]
            )

    def is_settled(self, name: str, digest: str) -> bool:
        """Return whether all of a file was sent and answered: nobody needs it any more."""
        return (
            self.units_to_read(name, digest) == frozenset()
            and not self._one(
                "SELECT EXISTS (SELECT 1 FROM delivery WHERE file = ? AND state <> 'done')", name
            )[0]
        )

    def sent_resources(self, names: Iterable[str]) -> dict[str, SentResource]:
        """Return those of some resources that were sent before, by name."""
        rows = self._sql.execute(
            "SELECT resource, org_nr, local_id, digest FROM resource"
            " WHERE resource IN (SELECT value FROM json_each(?))",
            (json.dumps(list(names)),),
        )
        return {row[0]: SentResource(*row[1:]) for row in rows}

    def municipality_of(self, org_nr: str) -> str:
        """Return the municipality that a unit of this outbox was last sent with."""
        return str(self._one("SELECT municipality_code FROM unit WHERE org_nr = ?", org_nr)[0])

    # Sending

    def take_ready(
        self, *, window: int, max_bytes: int, most_in_flight: int | None = None
    ) -> list[ReadyDelivery]:
        """Return the deliveries to send now, in order, each noted as one more attempt.

        At most ``window`` unanswered of a unit, and ``max_bytes`` in all (but at least one record).
        With ``most_in_flight``, at most so many bytes are sent and unanswered (or one record).
        """
        chosen: list[tuple[str, int]] = []
        in_flight = 0 if most_in_flight is None else self._one(IN_FLIGHT)[0]
        budget = max_bytes if most_in_flight is None else min(max_bytes, most_in_flight - in_flight)
        for delivery_id, size in self._sql.execute(SENDABLE, (window,)):
            if size > budget and (chosen or in_flight):
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
        row = self._one(UNANSWERED)
        return row[0], row[1]

    def waiting_for(self) -> tuple[int, str, int] | None:
        """Return how many deliveries wait for a receipt, and unit and sequence of one of them."""
        row = self._one(WAITING_FOR)
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
            " AND state <> 'done' AND state = 'sent'",
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
