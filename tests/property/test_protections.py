"""Each protection switched off in turn: the comparison with the model must report it.

Most of it in the topics themselves, where everybody reads, not only in what a database makes of
them. A protection that can be switched off unnoticed is one that nothing tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from kpr_stream.model.header import NO_KEY
from kpr_stream.model.link import pair_of
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import Outcome, ReceiptStatus
from kpr_stream.processor.adapters import output_reader
from kpr_stream.processor.decide import batch as decide_batch
from kpr_stream.processor.decide import delivery as decide_delivery
from kpr_stream.processor.decide import items as decide_items
from kpr_stream.processor.decide import link_records as write_links
from kpr_stream.processor.decide import links as link
from kpr_stream.processor.decide import superseded_content
from kpr_stream.processor.decide.outcome import outcome_of
from kpr_stream.processor.decide.supersede import UnitSystems
from kpr_stream.processor.emit import cleaned, superseded
from kpr_stream.processor.intake.sequence import Verdict, is_next, place_in_sequence
from kpr_stream.processor.state import entries as remember
from kpr_stream.processor.state.known import ContentVersion, KnownRecord
from kpr_stream.processor.state.memory import MemoryLedger
from kpr_stream.rights.table import Rights
from tests.property.state_machine.history import History
from tests.property.state_machine.lane import Transaction

pytestmark = [pytest.mark.slow, pytest.mark.long]

Patch = Callable[[pytest.MonkeyPatch], None]


def deduplication(patch: pytest.MonkeyPatch) -> None:
    """Everything is taken for new."""
    patch.setattr(decide_items, "outcome_of", lambda _, **said: outcome_of(None, **said))


def content_hash(patch: pytest.MonkeyPatch) -> None:
    """The same content is taken for a correction."""

    def other(known: KnownRecord | None, **said: Any) -> Outcome:
        return outcome_of(known, **said | {"content_hash": b"another content!"})

    patch.setattr(decide_items, "outcome_of", other)


def ledger(patch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of consultations."""
    get_many = MemoryLedger.get_many

    def forgetful(memory: MemoryLedger, wanted: Any) -> list[bytes | None]:
        found = get_many(memory, wanted)
        return [None if k[:1] == b"c" else v for k, v in zip(wanted, found, strict=True)]

    patch.setattr(MemoryLedger, "get_many", forgetful)


def staleness(patch: pytest.MonkeyPatch) -> None:
    """What comes last holds, however old it is."""

    def newest(known: KnownRecord | None, *, version: ContentVersion, **said: Any) -> Outcome:
        return outcome_of(known, version=version._replace(extracted_at=2**60), **said)

    patch.setattr(decide_items, "outcome_of", newest)


def deletes_first(patch: pytest.MonkeyPatch) -> None:
    """Items are decided in the order they were sent."""
    patch.setattr(decide_items, "sorted", lambda them, **_: list(them), raising=False)


def repeats(patch: pytest.MonkeyPatch) -> None:
    """A delivery that was processed is processed again."""
    _lax_sequence(patch, lambda state, sent: sent.sequence < state.next_sequence)


def gaps(patch: pytest.MonkeyPatch) -> None:
    """A delivery is processed though those before it are missing."""
    _lax_sequence(patch, lambda state, sent: sent.sequence > state.next_sequence)


def _lax_sequence(
    patch: pytest.MonkeyPatch, lets_through: Callable[[UnitState, Any], bool]
) -> None:

    def is_taken(state: UnitState, sent: Any) -> bool:
        return bool(sent.sequence and lets_through(state, sent)) or is_next(state, sent)

    def lax(state: UnitState, sent: Any, digest_hash: Any) -> Verdict:
        if is_taken(state, sent):
            return Verdict(ReceiptStatus.PROCESSED)
        return place_in_sequence(state, sent, digest_hash)

    patch.setattr(decide_delivery, "place_in_sequence", lax)
    patch.setattr(decide_batch, "is_next", is_taken)


def one_record_a_key(patch: pytest.MonkeyPatch) -> None:
    """What is taken away and brought again in one delivery is written as a change."""
    write_changes = decide_items._write_changes

    def all_of_it(prepared: Any, reports: Any, before: Any, *rest: Any) -> None:
        other = {k: v and v._replace(content_hash=b"another content!") for k, v in before.items()}
        write_changes(prepared, reports, other, *rest)

    patch.setattr(decide_items, "_write_changes", all_of_it)


def superseding(patch: pytest.MonkeyPatch) -> None:
    """The older system's record is accepted beside the newer's."""
    patch.setattr(UnitSystems, "supersedes", lambda *_: False)


def turning(patch: pytest.MonkeyPatch) -> None:
    """Other systems' records stay as they are."""
    patch.setattr(UnitSystems, "status_flips", lambda *_: ())


def coming_back(patch: pytest.MonkeyPatch) -> None:
    """What was superseded stays so."""
    flips = UnitSystems.status_flips

    def one_way(systems: UnitSystems, naturals: Any) -> Iterator[Any]:
        return (flip for flip in flips(systems, naturals) if flip.to.name != "LIVE")

    patch.setattr(UnitSystems, "status_flips", one_way)


def seniority(patch: pytest.MonkeyPatch) -> None:
    """The older of two systems is taken for the newer."""
    patch.setattr(
        UnitSystems, "_newest", lambda systems, them: min(them, key=systems.began.__getitem__)
    )


def revisions(patch: pytest.MonkeyPatch) -> None:
    """What another system's delivery causes has the version of what was there."""
    restated = cleaned.restated_header
    patch.setattr(cleaned, "restated_header", lambda *a: replace(restated(*a), revision=0))


def end_of_content_apart(patch: pytest.MonkeyPatch) -> None:
    """Content that was kept apart stays there when its record is live again."""
    patch.setattr(superseded_content, "discard_kept_content", lambda record: record)
    patch.setattr(decide_items, "discard_kept_content", lambda record: record)


def natural_index(patch: pytest.MonkeyPatch) -> None:
    """A consultation that moves stays listed where it was."""
    patch.setattr(remember, "_NATURAL", slice(0, 0))
    cleaned = remember._cleaned

    def kept(prefix: bytes, key: bytes, *rest: Any) -> dict[bytes, bytes]:
        puts = cleaned(prefix, key, *rest)
        return {k: v for k, v in puts.items() if v or k[:1] != b"n"}

    patch.setattr(remember, "_cleaned", kept)


def withdrawing(patch: pytest.MonkeyPatch) -> None:
    """A link stays, whatever becomes of the item that said so."""
    of_item = link.changes_of_item

    def lasting(*said: Any, **more: Any) -> Iterator[Any]:
        return (change for change in of_item(*said, **more) if change.withdrawn is None)

    patch.setattr(write_links, "changes_of_item", lasting)


def birth_dates(patch: pytest.MonkeyPatch) -> None:
    """Two ids are linked though their birth dates disagree."""
    named_person = write_links.named_person

    def careless(*said: Any) -> Any:
        named = named_person(*said)
        return named and named._replace(agree=True, born=NO_KEY)

    patch.setattr(decide_items, "named_person", careless)


def known_links(patch: pytest.MonkeyPatch) -> None:
    """What is known of links is not looked at."""
    patch.setattr(write_links, "read_links", lambda _: {})


def local_persons(patch: pytest.MonkeyPatch) -> None:
    """A unit's own person may be reported under any number of numbers."""
    patch.setattr(write_links, "changes_of_local_person", lambda *_: ())


def transitivity(patch: pytest.MonkeyPatch) -> None:
    """What is linked to one is linked to all that this one is linked to."""
    of_local_person = link.changes_of_local_person

    def all_of_them(named: Any, others: Any, known: Any) -> Iterator[Any]:
        yield from of_local_person(named, others, known)
        for one, other in combinations(sorted(others), 2):
            yield link.LinkChange(pair_of(one, other), None)

    patch.setattr(write_links, "changes_of_local_person", all_of_them)


def reservations(patch: pytest.MonkeyPatch) -> None:
    """What somebody has reserved is registered."""
    patch.setattr(Rights, "without_reserved", lambda _, __, content, ___: content)


def reservations_of_what_comes_back(patch: pytest.MonkeyPatch) -> None:
    """What comes back does so as it was, whatever has been reserved since."""
    patch.setattr(superseded, "still_allowed", lambda _, content, __: content)


def reservations_of_a_second_id(patch: pytest.MonkeyPatch) -> None:
    """What comes back is looked up under the first id of its person alone."""
    patch.setattr(superseded_content, "known_person_keys", lambda *of: frozenset((of[-1],)))


def catch_up(patch: pytest.MonkeyPatch) -> None:
    """A lane opens with what its owner remembers, whatever was written since."""
    patch.setattr(output_reader, "_entries", lambda *_: {})


def offsets(patch: pytest.MonkeyPatch) -> None:
    """Offsets are committed before the transaction, not with it."""

    async def at_once(transaction: Transaction, offsets: Any, group: str) -> None:
        del group
        transaction._topics.committed |= {tp.topic: at for tp, at in offsets.items()}

    patch.setattr(Transaction, "add_offsets", at_once)


def transaction(patch: pytest.MonkeyPatch) -> None:
    """Records can be read as soon as they are produced."""
    produce = Transaction.produce

    async def written(transaction: Transaction, outputs: Any) -> list[Any]:
        found = await produce(transaction, outputs)
        offsets = await transaction.await_deliveries(found)
        await transaction.commit()
        transaction._pending = []
        return offsets

    async def as_they_are(_: Transaction, futures: Any) -> list[int]:
        return list(futures)

    await_deliveries = Transaction.await_deliveries

    async def either(transaction: Transaction, futures: Any) -> list[int]:
        known = all(isinstance(f, int) for f in futures)
        return await (as_they_are if known else await_deliveries)(transaction, futures)

    patch.setattr(Transaction, "produce", written)
    patch.setattr(Transaction, "await_deliveries", either)


PROTECTIONS: tuple[Patch, ...] = (
    deduplication,
    content_hash,
    ledger,
    staleness,
    deletes_first,
    repeats,
    gaps,
    one_record_a_key,
    superseding,
    turning,
    coming_back,
    seniority,
    revisions,
    end_of_content_apart,
    natural_index,
    withdrawing,
    birth_dates,
    known_links,
    local_persons,
    transitivity,
    reservations,
    reservations_of_what_comes_back,
    reservations_of_a_second_id,
    catch_up,
    offsets,
    transaction,
)


@pytest.mark.parametrize("switch_off", PROTECTIONS, ids=lambda p: p.__name__)
def test_it_is_noticed_when_a_protection_is_off(
    switch_off: Patch, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup, KeyError)):
        run_state_machine_as_test(
            History,
            settings=settings(
                max_examples=1000,
                stateful_step_count=40,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
