"""Read the analysts' topic: everything as it is now, then each change.

    python examples/analyse/follow_topic.py client.properties --group analyst-mine --follow

Needs confluent-kafka 2.6.1 or newer, and fastavro. Prints JSON lines: first the number of
consultations, with ``--follow`` then the key of each one that is shown, changed or removed.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

TOPIC = "kpr.hst.analyst-consultation"
SCHEMAS = Path(__file__).parents[2] / "avro_schemas"
FRAME = struct.Struct(">bI")
ANSWER_S = 30.0
"""How long the broker may take for an answer before the program ends with its error."""
POLL_S = 1.0


def schemas_by_id() -> dict[int, Any]:
    """Return the parsed schemas of the topic by the id on the wire."""
    listed = json.loads((SCHEMAS / "catalogue.json").read_text("utf-8"))
    return {
        one["id"]: fastavro.schema.load_schema(SCHEMAS / one["file"])
        for one in listed["analyst_consultation"]
    }


def decode(value: bytes, schemas: dict[int, Any]) -> dict[str, Any]:
    """Return a record: a zero byte, the schema's id, Avro."""
    magic, schema_id = FRAME.unpack_from(value)
    if magic != 0 or schema_id not in schemas:
        raise ValueError(f"schema {schema_id} is not one of {TOPIC}: get the newest avro_schemas")
    body: Any = io.BytesIO(value[FRAME.size :])
    record: Any = fastavro.schemaless_reader(body, schemas[schema_id], None)
    return dict(record)


class Copy:
    """The newest consultation of each key. A copy of your own belongs in a database."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self._schemas = schemas_by_id()

    def apply(self, message: Message) -> str:
        """Take one message; return its key."""
        key = (message.key() or b"").decode("ascii")
        value = message.value()
        if value is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = decode(value, self._schemas)
        return key


def snapshot(consumer: Consumer, copy: Copy) -> None:
    """Read every partition from its beginning to the end as it is now."""
    known = consumer.list_topics(TOPIC, ANSWER_S).topics[TOPIC]
    if known.error is not None:
        raise KafkaException(known.error)
    places = [TopicPartition(TOPIC, n, OFFSET_BEGINNING) for n in known.partitions]
    ends = {p.partition: consumer.get_watermark_offsets(p, ANSWER_S)[1] for p in places}
    consumer.assign(places)
    while any(at.offset < ends[at.partition] for at in _positions(consumer, places, ends)):
        message = consumer.poll(POLL_S)
        if message is not None:
            _apply(copy, message)


def _positions(
    consumer: Consumer, places: list[TopicPartition], ends: dict[int, int]
) -> list[TopicPartition]:
    """Return where each partition is; one without records is at its end."""
    found = consumer.position(places)
    return [
        TopicPartition(TOPIC, at.partition, max(at.offset, 0))
        for at in found
        if ends[at.partition] > 0
    ]


def _apply(copy: Copy, message: Message) -> str:
    if message.error() is not None:
        raise KafkaException(message.error())
    return copy.apply(message)


def follow(consumer: Consumer, copy: Copy) -> None:
    """Print each change, until the program is interrupted."""
    while True:
        message = consumer.poll(POLL_S)
        if message is not None:
            key = _apply(copy, message)
            print(json.dumps({"key": key, "shown": key in copy.rows}), flush=True)


def main() -> None:
    """Print the snapshot, and follow if asked to."""
    parser = argparse.ArgumentParser(description="Read the analysts' topic.")
    parser.add_argument("properties", type=Path, help="settings of librdkafka, one a line")
    parser.add_argument("--group", default="analyst-example", help="begins with analyst")
    parser.add_argument("--follow", action="store_true", help="print each change, until Ctrl-C")
    asked = parser.parse_args()
    lines = asked.properties.read_text("utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if line.strip() and line[0] != "#")
    own = {"group.id": asked.group, "enable.auto.commit": False}
    consumer = Consumer({**settings, **own})
    copy = Copy()
    try:
        snapshot(consumer, copy)
        weighed = sum(row["weight_g"] is not None for row in copy.rows.values())
        print(json.dumps({"consultations": len(copy.rows), "weighed": weighed}), flush=True)
        if asked.follow:
            follow(consumer, copy)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
