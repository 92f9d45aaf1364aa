"""Send what a source gives through the pipeline, and read the records as a sink does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from kpr_stream.connectors.changes import gone, only_changed
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.outbox.records import SentResource
from kpr_stream.connectors.source.interface import Document, Made, Source, UnitPart
from kpr_stream.model.words import MessageType, System
from kpr_stream.sinks.decode import frame_of
from kpr_stream.sinks.tables import SinkKind, SinkTable, sink
from tests.support.deliveries import source_record
from tests.support.receiver import Receiver
from tests.support.sink_records import Incoming

ITEMS, BYTES = 1000, 2_000_000


class Sender:
    """Sends every document of a source to a receiver, with an outbox that is a dictionary."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.receiver = Receiver()
        self.sequence: Counter[str] = Counter()
        self.sent: dict[str, SentResource] = {}
        self.items: Counter[MessageType] = Counter()
        self.left_out: list[str] = []
        self.expected: dict[str, Any] = {}
        """What the simulator expects of this system, if it made the source."""
        self.truth: list[dict[str, Any]] = []
        """What the simulator says that a receiver holds of this system, if it made the source."""

    def send(self, source: Source) -> None:
        """Send everything, in order."""
        for series in source.series():
            assert series.unreadable is None
            for pending in series.pending:
                document = pending.open()
                try:
                    self._document(document)
                finally:
                    document.close()

    def _document(self, document: Document) -> None:
        for part in document.parts(None):
            made = part.make()
            self.left_out += [one.message for one in (*part.left_out, *made.left_out)]
            self._part(document, part, only_changed(made, self.sent, part.org_nr))
        for chunk in document.removals():
            found, unknown = gone(chunk, self.sent)
            self.left_out += [one.message for one in unknown]
            for one in found:
                part = UnitPart(
                    org_nr=one.org_nr,
                    municipality_code="0301",
                    district_code=None,
                    message_type=one.message_type,
                    place=chunk[0].place,
                    make=lambda one=one: one.made,  # type: ignore[misc]
                )
                self._part(document, part, one.made)

    def _part(self, document: Document, part: UnitPart, made: Made) -> None:
        for print_ in made.prints:
            self.sent[print_.resource] = SentResource(part.org_nr, print_.local_id, print_.digest)
        if not made.items:
            return
        self.items[part.message_type] += len(made.items)
        kind = part.message_type
        for packed in pack.pack(made.items, kind, max_items=ITEMS, max_bytes=BYTES):
            self.sequence[part.org_nr] += 1
            extent = document.span
            record = source_record(
                system=self.system,
                org_nr=part.org_nr,
                sequence=self.sequence[part.org_nr],
                message_type=kind,
                payload=packed.payload,
                municipality_code=part.municipality_code,
                district_code=part.district_code,
                period_from=extent.period_from,
                period_to=extent.period_to,
                extracted_at=datetime.fromtimestamp(extent.extracted_at / 1000, UTC),
                item_count=packed.item_count,
                offset=self.sequence.total(),
                received_at=extent.extracted_at + 60_000,
            )
            self.receiver.take(record)


def content_rows(receiver: Receiver, kind: SinkKind) -> Iterator[tuple[SinkTable, dict[str, Any]]]:
    """Yield the last row of every key, decoded as the sink decodes a batch."""
    for table in sink(kind).tables:
        outputs = [one for one in receiver.log[table.topic] if one.value]
        last = {one.key: at for at, one in enumerate(outputs)}
        incoming = [
            Incoming(0, at, one.key, one.value)
            for at, one in enumerate(outputs)
            if last[one.key] == at
        ]
        if incoming:
            for row in frame_of(table, incoming).to_dicts():
                yield table, row
