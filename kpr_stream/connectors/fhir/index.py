"""Keep what is needed of a snapshot's resources, outside of memory, to find each again.

The index is SQLite's temporary file: it has no name, only this process can read it, and it ends
with the connection. It holds the elements that are read and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.connectors.fhir.elements import resource_id
from kpr_stream.connectors.fhir.split import FhirEntry, refused
from kpr_stream.model.limits import MAX_RESOURCES

KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "Encounter": (
        *("id", "meta", "identifier", "status", "class", "type", "serviceType", "subject"),
        *("appointment", "participant", "period", "length", "serviceProvider"),
    ),
    "Appointment": (
        *("id", "meta", "identifier", "status", "cancelationReason", "serviceType"),
        *("appointmentType", "start", "participant"),
    ),
    "Observation": (
        *("id", "status", "code", "encounter", "effectiveDateTime", "valueQuantity", "extension"),
        *("valueCodeableConcept", "dataAbsentReason", "method"),
    ),
    "Patient": ("id", "identifier", "birthDate", "gender"),
    "Organization": ("id", "identifier", "partOf", "address"),
    "HealthcareService": ("id", "providedBy"),
    "Location": ("id", "managingOrganization"),
}
"""The elements of each type that are read. Names, texts and addresses of persons are not kept."""
CACHE_KIB: Final = 32 * 1024
"""Memory of the index; the rest lies on disk."""
_TABLES: Final = """
CREATE TABLE resource (key TEXT PRIMARY KEY, kind TEXT, file TEXT, pointer TEXT, url TEXT,
                       body TEXT, digest BLOB) WITHOUT ROWID;
CREATE TABLE alias (url TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID;
CREATE TABLE member (org_nr TEXT, kind TEXT, key TEXT, PRIMARY KEY (org_nr, kind, key))
  WITHOUT ROWID;
CREATE TABLE measured (encounter TEXT, key TEXT, PRIMARY KEY (encounter, key)) WITHOUT ROWID;
CREATE TABLE removal (key TEXT PRIMARY KEY, file TEXT, pointer TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A resource of the index: its key (``Encounter/1``), where it is, and what is kept of it."""

    key: str
    file: str
    pointer: str
    body: dict[str, Any]

    @property
    def version(self) -> str | None:
        """Return the ``versionId``, if it has one."""
        meta = self.body.get("meta")
        found = meta.get("versionId") if isinstance(meta, dict) else None
        return str(found) if found is not None else None


class Index:
    """The resources of one snapshot. ``most`` bounds their number."""

    def __init__(self, most: int = MAX_RESOURCES) -> None:
        # One thread at a time uses it, but not always the one that opened it.
        self._sql = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._sql.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._sql.execute("PRAGMA journal_mode = OFF")
        self._sql.execute("PRAGMA synchronous = OFF")
        self._sql.executescript(_TABLES)
        self._sql.execute("BEGIN")
        self._most = most
        self._number = 0

    def close(self) -> None:
        """End the index; its file is gone."""
        self._sql.close()

    def add(self, entry: FhirEntry) -> None:
        """Add a resource or a deletion.

        ExportError if there are too many, if a resource has no usable id, or if another resource
        has the same one.
        """
        self._number += 1
        if self._number > self._most:
            raise refused(entry.file, f"the snapshot has more than {self._most} resources")
        if entry.resource is None:
            self._note_removal(entry, (entry.deleted or "").partition("?")[0])
            return
        kind = entry.resource["resourceType"]
        kept = KEPT.get(kind)
        if kept is None:
            return
        name = resource_id(entry.resource.get("id"))
        if name is None and (entry.full_url or "").startswith("urn:uuid:"):
            # A new resource of a transaction has no id: the server gives one, which nobody knows.
            name = resource_id((entry.full_url or "").removeprefix("urn:uuid:"))
        if name is None:
            raise refused(entry.file, f"{entry.pointer}/id is not the id of a resource")
        body = {key: entry.resource[key] for key in kept if key in entry.resource}
        self._insert(f"{kind}/{name}", kind, entry, body | {"id": name})

    def _insert(self, key: str, kind: str, entry: FhirEntry, body: dict[str, Any]) -> None:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).digest()
        try:
            self._sql.execute(
                "INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, kind, entry.file, entry.pointer, entry.full_url, text, digest),
            )
        except sqlite3.IntegrityError:
            first = self._sql.execute(
                "SELECT file, pointer, digest FROM resource WHERE key = ?", (key,)
            ).fetchone()
            if first[2] != digest:
                raise refused(
                    entry.file,
                    f"{entry.pointer or 'it'} is the same resource as {first[0]}{first[1]}, with "
                    "other content",
                ) from None
        if entry.full_url is not None:
            self._sql.execute("INSERT OR IGNORE INTO alias VALUES (?, ?)", (entry.full_url, key))

    def _note_removal(self, entry: FhirEntry, reference: str) -> None:
        kind, _, name = reference.partition("/")
        if kind in ("Encounter", "Appointment") and resource_id(name) is not None:
            self.remove(f"{kind}/{name}", entry.file, entry.pointer)

    def remove(self, key: str, file: str, pointer: str) -> None:
        """Note that a resource is deleted, where its unit is not known."""
        self._sql.execute("INSERT OR IGNORE INTO removal VALUES (?, ?, ?)", (key, file, pointer))

    def get(self, key: str) -> Indexed | None:
        """Return a resource by its key."""
        row = self._sql.execute(
            "SELECT key, file, pointer, body FROM resource WHERE key = ?", (key,)
        ).fetchone()
        return None if row is None else Indexed(row[0], row[1], row[2], json.loads(row[3]))

    def key_of(self, reference: str) -> str | None:
        """Return the key that a reference leads to; None if nothing is there.

        A reference is relative (``Patient/1``), ``urn:uuid:`` or absolute. An absolute one is the
        full URL of an entry, or ends in the key of a resource whose own URL is not known.
        """
        row = self._sql.execute("SELECT key FROM alias WHERE url = ?", (reference,)).fetchone()
        if row is not None:
            return str(row[0])
        parts = reference.partition("/_history/")[0].split("/")
        key = "/".join(parts[-2:])
        row = self._sql.execute("SELECT url FROM resource WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        elsewhere = len(parts) > 2 and row[0] is not None and row[0].startswith("http")
        return None if elsewhere else key

    def of_kind(self, kind: str) -> Iterator[Indexed]:
        """Yield every resource of a type, in the order of their keys."""
        last = ""
        while rows := self._sql.execute(
            "SELECT key, file, pointer, body FROM resource WHERE kind = ? AND key > ? AND key < ?"
            " ORDER BY key LIMIT 500",
            (kind, last or f"{kind}/", f"{kind}0"),
        ).fetchall():
            for row in rows:
                yield Indexed(row[0], row[1], row[2], json.loads(row[3]))
            last = rows[-1][0]

    def add_member(self, org_nr: str, kind: str, key: str) -> None:
        """Note that an Encounter or Appointment is one of a unit's."""
        self._sql.execute("INSERT OR IGNORE INTO member VALUES (?, ?, ?)", (org_nr, kind, key))

    def add_measure(self, encounter: str, key: str) -> None:
        """Note that an Observation was made in an Encounter."""
        self._sql.execute("INSERT OR IGNORE INTO measured VALUES (?, ?)", (encounter, key))

    def units(self) -> list[str]:
        """Return the units that have an Encounter or Appointment, in order."""
        rows = self._sql.execute("SELECT DISTINCT org_nr FROM member ORDER BY org_nr")
        return [row[0] for row in rows]

    def members(self, org_nr: str, kind: str, *, after: str, most: int) -> list[str]:
        """Return the next keys of a unit's resources of a type."""
        rows = self._sql.execute(
            "SELECT key FROM member WHERE org_nr = ? AND kind = ? AND key > ? ORDER BY key LIMIT ?",
            (org_nr, kind, after, most),
        )
        return [row[0] for row in rows]

    def measures(self, encounter: str, *, most: int) -> list[Indexed]:
        """Return the Observations of an Encounter, at most ``most``."""
        rows = self._sql.execute(
            "SELECT r.key, r.file, r.pointer, r.body FROM measured m JOIN resource r USING (key)"
            " WHERE m.encounter = ? ORDER BY key LIMIT ?",
            (encounter, most),
        )
        return [Indexed(row[0], row[1], row[2], json.loads(row[3])) for row in rows]

    def removals(self, *, after: str, most: int) -> list[tuple[str, str, str]]:
        """Return the next deletions (key, file, pointer) of resources that are not in the snapshot
        with a unit."""
        return self._sql.execute(
            "SELECT key, file, pointer FROM removal WHERE key > ?"
            " AND key NOT IN (SELECT key FROM member) ORDER BY key LIMIT ?",
            (after, most),
        ).fetchall()
