"""The tables of settings: complete, and the same in the docs."""

from __future__ import annotations

from pathlib import Path

from kpr_stream.embedded.kafka.settings import BROKER, TOPIC_PREVENTS
from kpr_stream.embedded.postgres.settings import DATABASE
from kpr_stream.model.topics import TOPICS
from kpr_stream.model.tuned import as_markdown, as_properties

PAGE = Path(__file__).parents[3] / "docs" / "operate" / "embedded-settings.md"


def test_no_setting_is_listed_twice_and_each_has_its_reason() -> None:
    for table in (BROKER, DATABASE):
        assert len(as_properties(table)) == len(table)
        assert all(t.prevents.endswith(".") for t in table)


def test_each_setting_of_a_topic_has_its_reason_and_no_reason_is_left_over() -> None:
    assert set(TOPIC_PREVENTS) == {name for topic in TOPICS for name in topic.settings}


def test_the_page_shows_the_tables_as_they_are() -> None:
    page = PAGE.read_text("utf-8")
    for table in (BROKER, DATABASE):
        assert as_markdown(table) in page
    for name, prevents in TOPIC_PREVENTS.items():
        assert f"| `{name}` | {prevents} |" in page
