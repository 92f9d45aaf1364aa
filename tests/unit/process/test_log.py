"""Log lines have their time in UTC, in the one form."""

from __future__ import annotations

import logging

import pytest

from kpr_stream.process.log import NAMED, PLAIN, formatter


@pytest.mark.parametrize("layout", [PLAIN, NAMED])
def test_a_line_begins_with_its_time_and_the_zone(layout: str) -> None:
    record = logging.LogRecord("kpr", logging.INFO, "", 0, "ready", None, None)
    record.created = 1_795_978_800.9
    assert formatter(layout).format(record).startswith("2026-11-29T19:00:00Z INFO")
