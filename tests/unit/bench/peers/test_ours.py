"""Ours on the bare work writes what the contract wants, and remembers what it has written."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pytest

from bench.peers.apps import ours_work
from bench.peers.apps.bare import output_schema
from bench.peers.fill import clear_records
from bench.peers.plan import Checked, Planned, check, expected, plan
from kpr_stream.model.delivery import Decrypted, Prepared
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import Decided
from kpr_stream.processor.state.memory import MemoryLedger

TOPIC = "out"
PLANNED = plan(400, 10)
decrypted = partial(decrypt_delivery, private_keys={}, allow_clear=True)


def framed(planned: Iterable[Planned]) -> list[Prepared]:
    arrived = ours_work.micro_batch(list(clear_records(planned)), 1_000_000)
    opened = [decrypted(one) for one in arrived]
    return ours_work.frame([one for one in opened if isinstance(one, Decrypted)])


def written(decided: Decided) -> list[tuple[bytes, bytes]]:
    return [(record.key, record.value or b"") for record in decided.outputs]


@pytest.mark.parametrize("at_once", [1, 5, 44])
def test_its_records_are_those_of_the_contract_without_doubles(at_once: int) -> None:
    ledger = MemoryLedger()
    found: list[tuple[bytes, bytes]] = []
    for at in range(0, len(PLANNED), at_once):
        decided = ours_work.decide(framed(PLANNED[at : at + at_once]), ledger, TOPIC)
        ledger.write(decided.entries)
        found += written(decided)
    assert check(found, expected(PLANNED)) == Checked(0, 0, 0)


def test_an_item_with_other_content_is_written_again() -> None:
    first = PLANNED[0]
    prepared, ledger = framed([first]), MemoryLedger()
    ledger.write(ours_work.decide(prepared, ledger, TOPIC).entries)
    assert written(ours_work.decide(prepared, ledger, TOPIC)) == []
    ledger.write({ours_work.entry_key(f"{first.org_nr}|k-3".encode()): b"other"})
    (again,) = written(ours_work.decide(prepared, ledger, TOPIC))
    assert again[0] == f"{first.org_nr}|k-3".encode()


def test_a_lost_ledger_is_made_again_from_the_records() -> None:
    decided = ours_work.decide(framed(PLANNED), MemoryLedger(), TOPIC)
    rebuilt: dict[bytes, bytes] = {}
    for record in decided.outputs:
        rebuilt |= ours_work.entries_of(record.topic, record.key, record.value, record.header)
    assert rebuilt == {key: value for key, value in decided.entries.items() if key[:1] == b"c"}


def test_a_micro_batch_ends_before_it_has_too_many_items() -> None:
    records = list(clear_records(PLANNED[:5]))
    assert len(ours_work.micro_batch(records, 25)) == 2
    assert len(ours_work.micro_batch(records, 1)) == 1


def test_both_encoders_have_the_same_fields() -> None:
    names = tuple(field["name"] for field in output_schema()["fields"])
    assert ours_work.output_schema().field_names == names
