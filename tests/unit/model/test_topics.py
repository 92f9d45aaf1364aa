"""The topic table, against the contract as agreed."""

from __future__ import annotations

import pytest

from kpr_stream.model.topics import (
    COMPACTED,
    OUTPUT_TOPICS,
    PROBE_SYSTEM,
    SOURCE_TOPICS,
    TOPICS,
    TRANSACTIONAL_WRITERS,
    Topic,
    delivery_topic,
    receipt_system,
    receipt_topic,
)
from kpr_stream.model.words import SYSTEMS, System

DAY = 24 * 60 * 60 * 1000
BY_NAME = {t.name: t for t in TOPICS}

KEPT_DAYS = {
    **{f"kpr.hst.delivery.{s}": 14 for s in SYSTEMS},
    **{f"kpr.hst.receipt.{s}": 400 for s in SYSTEMS},
    "kpr.hst.command": 30,
    "kpr.hst.quarantine": 90,
}
COMPACTED_NAMES = {
    "kpr.rights",
    "kpr.hst.unit",
    "kpr.hst.consultation",
    "kpr.hst.appointment",
    "kpr.hst.analyst-consultation",
    "kpr.hst.superseded",
    "kpr.hst.identity",
    "kpr.hst.identity-link",
    "kpr.hst.quarantine-state",
    "kpr.hst.release",
    "kpr.hst.command-result",
}
EACH = pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)


def test_the_topics_are_exactly_those_of_the_contract() -> None:
    assert set(BY_NAME) == KEPT_DAYS.keys() | COMPACTED_NAMES
    assert len(BY_NAME) == len(TOPICS) == 21


@EACH
def test_every_topic_has_eight_lanes_but_rights_which_every_worker_reads_whole(
    topic: Topic,
) -> None:
    assert topic.partitions == (1 if topic.name == "kpr.rights" else 8)


@pytest.mark.parametrize(("name", "days"), KEPT_DAYS.items())
def test_what_is_deleted_is_kept_as_long_as_agreed(name: str, days: int) -> None:
    settings = BY_NAME[name].settings
    assert settings["cleanup.policy"] == "delete"
    assert settings["retention.ms"] == str(days * DAY)


@pytest.mark.parametrize("name", sorted(COMPACTED_NAMES))
def test_what_is_compacted_is_compacted_in_the_same_way(name: str) -> None:
    assert BY_NAME[name].settings == COMPACTED
    assert dict(COMPACTED) == {
        "cleanup.policy": "compact",
        "segment.ms": str(DAY),
        "min.compaction.lag.ms": str(DAY),
        "max.compaction.lag.ms": str(3 * DAY),
        "delete.retention.ms": str(30 * DAY),
    }


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_writes_its_deliveries_and_reads_its_receipts_and_nothing_else(
    system: System,
) -> None:
    assert [t.name for t in TOPICS if system in t.writers] == [delivery_topic(system)]
    assert [t.name for t in TOPICS if system in t.readers] == [receipt_topic(system)]
    delivery = BY_NAME[delivery_topic(system)]
    assert delivery.writers == ((system, "probe") if system is PROBE_SYSTEM else (system,))
    assert delivery.readers == ("processor",)
    assert delivery.settings["message.timestamp.type"] == "LogAppendTime"
    assert delivery.settings["max.message.bytes"] == "4000000"
    assert receipt_system(receipt_topic(system)) is system


def test_who_reads_what_holds_identity_or_sealed_content() -> None:
    assert set(BY_NAME["kpr.hst.identity"].readers) == {"identity-sink", "processor"}
    links = BY_NAME["kpr.hst.identity-link"]
    assert set(links.readers) == {"identity-sink", "privacy", "processor"}
    assert set(BY_NAME["kpr.hst.superseded"].readers) == {"processor"}
    assert set(BY_NAME["kpr.rights"].readers) == {"processor", "privacy", "identity-sink"}
    assert "analyst" not in BY_NAME["kpr.hst.quarantine"].readers


def test_an_analyst_reads_the_analysts_topic_only_and_writes_nothing() -> None:
    read = {t.name for t in TOPICS if "analyst" in t.readers}
    assert read == {"kpr.hst.analyst-consultation"}
    assert not [t for t in TOPICS if {"analyst", "operator", "content-sink"} & set(t.writers)]


def test_the_projector_reads_consultations_and_writes_the_analysts_topic_and_nothing_else() -> None:
    assert [t.name for t in TOPICS if "projector" in t.readers] == ["kpr.hst.consultation"]
    assert [t.name for t in TOPICS if "projector" in t.writers] == ["kpr.hst.analyst-consultation"]


def test_only_the_processor_writes_outputs_and_it_reads_back_all_it_writes() -> None:
    others = {"kpr.rights", "kpr.hst.analyst-consultation"}
    assert set(OUTPUT_TOPICS) == BY_NAME.keys() - set(SOURCE_TOPICS) - others
    for name in OUTPUT_TOPICS:
        assert BY_NAME[name].writers == ("processor",)
        assert "processor" in BY_NAME[name].readers, "a ledger is rebuilt from its outputs"


def test_no_epj_system_may_open_a_transaction() -> None:
    assert not set(TRANSACTIONAL_WRITERS) & set(SYSTEMS)


def test_source_topics_keep_their_index() -> None:
    """The index stands in every ledger header ever written: append only."""
    assert SOURCE_TOPICS[:5] == (
        "kpr.hst.delivery.visma-hspro",
        "kpr.hst.delivery.eg-infodoc",
        "kpr.hst.delivery.cgm-helsestasjon",
        "kpr.hst.delivery.helseplattformen",
        "kpr.hst.command",
    )


@EACH
def test_topic_names_are_words_that_every_client_and_metric_can_hold(topic: Topic) -> None:
    assert topic.name.replace(".", "").replace("-", "").isascii()
    assert "_" not in topic.name, "Kafka's metrics cannot tell . from _"
    assert topic.name.islower()


def test_a_topic_that_holds_no_receipts_has_no_receipt_system() -> None:
    with pytest.raises(ValueError, match="unit"):
        receipt_system("kpr.hst.unit")


def test_the_exporter_reads_what_it_counts_and_no_identity() -> None:
    read = {t.name for t in TOPICS if "exporter" in t.readers}
    assert read == {
        *(receipt_topic(system) for system in SYSTEMS),
        "kpr.hst.unit",
        "kpr.hst.release",
        "kpr.hst.command-result",
        "kpr.hst.quarantine",
        "kpr.hst.quarantine-state",
        "kpr.hst.consultation",
        "kpr.hst.appointment",
    }


def test_the_content_sink_reads_what_it_stores_and_no_identity_and_no_sealed_item() -> None:
    read = {t.name for t in TOPICS if "content-sink" in t.readers}
    assert read == {
        *(receipt_topic(system) for system in SYSTEMS),
        "kpr.hst.unit",
        "kpr.hst.quarantine-state",
        "kpr.hst.consultation",
        "kpr.hst.appointment",
    }


def test_the_probe_sends_as_one_system_and_reads_its_receipts_and_nothing_else() -> None:
    assert [t.name for t in TOPICS if "probe" in t.writers] == [delivery_topic(PROBE_SYSTEM)]
    assert [t.name for t in TOPICS if "probe" in t.readers] == [receipt_topic(PROBE_SYSTEM)]
