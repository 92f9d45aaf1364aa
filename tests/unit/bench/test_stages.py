"""The benchmark of stages follows the pipeline: each stage has its time."""

from __future__ import annotations

from bench.stages import Load, deliveries, one_round
from bench.visits import VISITS, rights, visits
from tests.support.deliveries import source_record
from tests.support.receiver import Receiver


def test_each_stage_has_its_time() -> None:
    found = one_round(deliveries(count=4, each=50), Load(50, 100))
    assert set(found) == {
        *("order", "open", "rules_and_enrichment", "decide"),
        *("append", "compress", "remember", "between"),
    }
    assert found["decide"] > found["order"] > 0
    assert min(found["append"], found["compress"]) > 0


def test_one_consultation_in_four_is_of_a_new_person() -> None:
    receiver = Receiver(rights(400))
    receiver.take(source_record(visits(400)))
    written = [record.topic.rpartition(".")[2] for record in receiver.written]
    assert written.count("consultation") == 400
    assert written.count("identity") == 400 / VISITS
    assert written.count("identity-link") == 400 / VISITS
