"""Log lines have their time in UTC, in the one form."""

from __future__ import annotations

import json
import logging

import pytest

from kpr_stream.process.log import NAMED, PLAIN, JsonFormatter, OncePerMinute, formatter


@pytest.mark.parametrize("layout", [PLAIN, NAMED])
def test_a_line_begins_with_its_time_and_the_zone(layout: str) -> None:
    record = logging.LogRecord("kpr", logging.INFO, "", 0, "ready", None, None)
    record.created = 1_795_978_800.9
    assert formatter(layout).format(record).startswith("2026-11-29T19:00:00Z INFO")


def record_of(name: str, level: int, text: str, *arguments: object) -> logging.LogRecord:
    record = logging.LogRecord(name, level, "", 0, text, arguments, None)
    record.created = 1_795_978_800.9
    return record


def test_a_json_line_has_its_time_its_process_and_its_own_fields() -> None:
    record = record_of("kpr", logging.WARNING, "lane %d waits", 3)
    record.fields = {"lane": 3}
    assert json.loads(JsonFormatter("worker-1").format(record)) == {
        "time": "2026-11-29T19:00:00.900Z",
        "level": "WARNING",
        "process": "worker-1",
        "logger": "kpr",
        "message": "lane 3 waits",
        "lane": 3,
    }


def test_a_library_that_repeats_itself_gets_one_line_a_minute() -> None:
    now = 0.0
    once = OncePerMinute(clock=lambda: now)
    written = []
    for number in range(250):
        record = record_of("aiokafka.conn", logging.ERROR, "no connection %d", number)
        if once.filter(record):
            written.append(record.getMessage())
        assert once.filter(record_of("kpr_stream.kafka", logging.ERROR, "ours"))
        assert once.filter(record_of("aiokafka", logging.INFO, "joined"))
        now += 0.25
    assert written == [
        "no connection 0",
        "no connection 240 (239 more lines of aiokafka before this)",
    ]
