"""Outcomes against a plain reference: the newest statement about a key holds."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.words import Operation, Outcome
from kpr_stream.processor.decide.outcome import WRITTEN, outcome_of
from kpr_stream.processor.state.known import ContentVersion, KnownRecord


@dataclass(frozen=True)
class Statement:
    operation: Operation
    extracted_at: int
    content: bytes
    rejected: bool


statements = st.lists(
    st.builds(
        Statement,
        operation=st.sampled_from(Operation),
        extracted_at=st.integers(0, 3),
        content=st.sampled_from([b"a" * 16, b"b" * 16]),
        rejected=st.booleans(),
    ),
    max_size=12,
)


def run(history: list[Statement]) -> tuple[KnownRecord | None, list[Outcome]]:
    known: KnownRecord | None = None
    outcomes = []
    for sequence, said in enumerate(history, start=1):
        version = ContentVersion(said.extracted_at, sequence)
        outcome = outcome_of(
            known,
            operation=said.operation,
            rejected=said.rejected,
            version=version,
            content_hash=said.content,
        )
        outcomes.append(outcome)
        if outcome in WRITTEN:
            deleted = outcome is Outcome.DELETED
            known = KnownRecord(
                HeaderStatus.DELETED if deleted else HeaderStatus.LIVE,
                version,
                NO_KEY if deleted else said.content,
            )
    return known, outcomes


@given(statements)
def test_every_statement_has_one_outcome_and_only_changes_are_written(
    history: list[Statement],
) -> None:
    known, outcomes = run(history)
    assert len(outcomes) == len(history)
    written = [o for o in outcomes if o in WRITTEN]
    assert (known is None) == (not written)
    for said, outcome in zip(history, outcomes, strict=True):
        if said.rejected:
            assert outcome is Outcome.REJECTED
        elif said.operation is Operation.KEEP:
            assert outcome is Outcome.DUPLICATE
        elif said.operation is Operation.DELETE:
            assert outcome in {Outcome.DELETED, Outcome.DUPLICATE, Outcome.STALE}
        else:
            assert outcome in {
                Outcome.ACCEPTED,
                Outcome.CORRECTED,
                Outcome.DUPLICATE,
                Outcome.STALE,
            }


@given(statements)
def test_in_extraction_order_the_last_statement_holds(history: list[Statement]) -> None:
    in_order = sorted(history, key=lambda s: s.extracted_at)
    known, _ = run(in_order)
    effective = [s for s in in_order if not s.rejected and s.operation is not Operation.KEEP]
    if not effective:
        assert known is None
        return
    last = effective[-1]
    assert known is not None
    if last.operation is Operation.DELETE:
        assert known.status is HeaderStatus.DELETED
    else:
        assert (known.status, known.content_hash) == (HeaderStatus.LIVE, last.content)


@given(statements)
def test_saying_everything_again_changes_nothing(history: list[Statement]) -> None:
    in_order = sorted(history, key=lambda s: s.extracted_at)
    known, _ = run(in_order)
    for said in in_order:
        outcome = outcome_of(
            known,
            operation=said.operation,
            rejected=said.rejected,
            # The same extract in a later delivery: the sequence is new, the extraction is not.
            version=ContentVersion(said.extracted_at, 1000),
            content_hash=said.content,
        )
        if known is not None and said.extracted_at < known.version.extracted_at:
            assert outcome not in WRITTEN
