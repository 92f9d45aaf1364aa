"""A receiver without Kafka: the pure stages in their order over a ledger that is a dict.

What a lane does between taking and committing, for tests of what is decided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kpr_stream.keys.keyring import KeyRing, new_keyring, read_keyring
from kpr_stream.model.delivery import Arrived, Opened, Prepared, Refused, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.arrive import arrive
from kpr_stream.processor.emit import Emitter, Versions
from kpr_stream.processor.frame import FrameContext, prepare
from kpr_stream.processor.open import open_delivery
from kpr_stream.processor.overlay import Overlay
from kpr_stream.processor.settle import Batch, SourceId, select, settle, source_id
from kpr_stream.reference import load_reference
from kpr_stream.rights.table import Rights
from kpr_stream.rules.told import pointer_of, texts_of
from kpr_stream.schemas import wire
from tests.deliveries import private_keys


@cache
def keys() -> KeyRing:
    """A key ring of the tests."""
    secret, _ = new_keyring()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "keyring.json"
        path.write_text(json.dumps(secret), "utf-8")
        return read_keyring(path)


@cache
def emitter() -> Emitter:
    """What makes the output records."""
    return Emitter(
        pseudonyms=keys().pseudonyms,
        identity=keys().identity,
        quarantine=keys().quarantine,
        versions=Versions("1", load_reference().version),
        pointer_of=pointer_of,
        texts_of=texts_of,
    )


class Receiver:
    """Takes batches of source records of one lane; keeps what is written and remembered."""

    def __init__(self, rights: Rights | None = None) -> None:
        self.emitter = replace(emitter(), rights=rights or Rights())
        self.ledger: dict[bytes, bytes] = {}
        self.written: list[OutputRecord] = []

    def get_many(self, wanted: Sequence[bytes]) -> list[bytes | None]:
        """As a ledger answers."""
        return [self.ledger.get(key) for key in wanted]

    def take(self, *records: SourceRecord) -> Batch:
        """One batch: decided, written, remembered."""
        deliveries = [arrive(record) for record in records]
        overlay = Overlay(self)
        chosen = select(deliveries, overlay, self.emitter)
        batch = settle(deliveries, open_all(chosen), overlay, self.emitter)
        self.written += batch.outputs
        self.remember(overlay.puts)
        return batch

    def remember(self, puts: Mapping[bytes, bytes]) -> None:
        """As a ledger does once the transaction has committed."""
        for key, value in puts.items():
            self.ledger.pop(key, None)
            if value:
                self.ledger[key] = value

    def take_all(self, *records: SourceRecord) -> None:
        """Batches until all are settled, as a lane goes on with what waits."""
        waiting = list(records)
        while waiting:
            unsettled = self.take(*waiting).unsettled
            waiting = waiting[len(waiting) - unsettled :] if unsettled else []

    def read(self, topic: str, record: str) -> list[dict[str, Any]]:
        """Everything written to a topic, decoded, in order."""
        return [wire.decode(record, o.value) for o in self.written if o.topic == topic and o.value]


def open_all(chosen: Sequence[Arrived]) -> dict[SourceId, Prepared | Refused]:
    """Opened and prepared, as the frame stage does."""
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    opened = [open_delivery(d, private_keys(), allow_clear=False) for d in chosen]
    ready = iter(prepare([o for o in opened if isinstance(o, Opened)], context))
    results = [o if isinstance(o, Refused) else next(ready) for o in opened]
    return {source_id(d.source): r for d, r in zip(chosen, results, strict=True)}
