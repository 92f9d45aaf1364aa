"""The whole decision of a batch, and of a command: what is written, and what is remembered.

A batch of deliveries goes through these steps:

    arrive    read each envelope; refuse what the envelope alone shows to be wrong
    choose    by sequence and admission, the deliveries that are worth decrypting
    prepare   decrypt; then decode, validate and enrich the items of all in one frame
    plan      in a large batch, decide the plain items of all deliveries in columns
    decide    place in the sequence, outcome of every other item, output records
    contents  read content back from our own topics if a record needs it; then decide again
    progress  note how far each source topic has been carried through

A command goes another way to the same result: parse, wait for rights, read a slice of the log,
attempt, read contents back.

Nothing is written here. Threads, broker and child processes come in as effects, so that the
worker, the tests and the benchmarks all run these two functions. ``lanes/commit.py`` writes what
they return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from kpr_stream.errors import NotChosenError
from kpr_stream.model.command import CommandRefusal, CommandRefused
from kpr_stream.model.delivery import Arrived, Decrypted, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.stages import Measure, Stage, measured, unmeasured
from kpr_stream.model.topics import RECEIPT_TOPICS
from kpr_stream.processor.commands.attempt import Attempt
from kpr_stream.processor.commands.dispatch import CommandInputs
from kpr_stream.processor.commands.effects import ExecutedCommand
from kpr_stream.processor.commands.log_slice import SliceRead, needed, rights_needed
from kpr_stream.processor.commands.parse import read_command
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.decide.batch import Batch, choose, choose_more
from kpr_stream.processor.decide.delivery import (
    DecidedDelivery,
    SourceId,
    source_id,
)
from kpr_stream.processor.effects import BatchEffects, CommandEffects
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.admission import of_this_environment
from kpr_stream.processor.poison.in_columns import decide_planned, plan_isolated
from kpr_stream.processor.poison.isolate import Work, decide_isolated
from kpr_stream.processor.state.contents import Contents, decide_with_contents
from kpr_stream.processor.state.entries import Entries, SourceProgress
from kpr_stream.processor.state.overlay import LedgerReader, Overlay


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one transaction writes: outputs in order, ledger entries, and what it settles."""

    outputs: Sequence[OutputRecord]
    entries: Entries
    taken: int
    """How many records from the front are decided."""
    deliveries: Sequence[DecidedDelivery] = ()
    commands: Sequence[ExecutedCommand] = ()


async def decide_batch(
    records: Sequence[SourceRecord],
    *,
    ledger: LedgerReader,
    emitter: Emitter,
    effects: BatchEffects,
) -> Decided:
    """Decide the deliveries of the first records; each leaves exactly one receipt."""
    read = await effects.arrive(records)
    arrived = [of_this_environment(one, emitter.policy) for one in read]
    choosing = measured(effects.measure, Stage.CHOOSE, choose)
    chosen = await effects.in_thread(choosing, arrived, ledger, emitter.policy)
    prepared = await _prepared(chosen, effects)

    async def decide() -> Batch:
        once = await _deciding(arrived, prepared, ledger, emitter, effects)
        return await decide_with_contents(
            measured(effects.measure, Stage.DECIDE, once), effects.read_back, effects.in_thread
        )

    async def prepare_more() -> None:
        more = await effects.in_thread(choose_more, arrived, ledger, emitter.policy)
        unseen = [one for one in more if source_id(one.source) not in prepared]
        prepared.update(await _prepared(unseen, effects))

    refused = any(isinstance(result, DeliveryRefused) for result in prepared.values())
    if refused:
        await prepare_more()
    try:
        batch = await decide()
    except NotChosenError:
        if refused:
            raise
        # One was refused only when it was decided, and the batch holds its correction.
        await prepare_more()
        batch = await decide()
    return Decided(
        outputs=batch.outputs,
        # Every record is caused by a delivery of the batch, and every delivery leaves a receipt.
        entries={**batch.entries, **source_progress(_receipts(batch.outputs), ledger)},
        taken=len(arrived),
        deliveries=batch.deliveries,
    )


async def _deciding(
    arrived: Sequence[Arrived | DeliveryRefused],
    prepared: Mapping[SourceId, Prepared | DeliveryRefused],
    ledger: LedgerReader,
    emitter: Emitter,
    effects: BatchEffects,
) -> Callable[[Contents], Batch]:
    """Return what decides the batch with the contents at hand: plain items in columns, if any."""
    one_by_one = partial(
        decide_isolated, arrived, prepared, ledger, emitter, health_check=effects.health_check
    )
    columns = effects.columns
    if columns is None:
        return one_by_one
    plan = measured(
        effects.measure,
        Stage.DECIDE,
        partial(
            plan_isolated,
            plan=columns.plan,
            from_items=columns.from_items,
            failed=columns.failed,
        ),
    )
    planned = await effects.in_thread(plan, arrived, prepared, ledger, emitter)
    if planned is None:
        return one_by_one

    def once(contents: Contents) -> Batch:
        batch = decide_planned(arrived, prepared, planned, emitter, contents, failed=columns.failed)
        return one_by_one(contents.again()) if batch is None else batch

    return once


async def _prepared(
    chosen: Sequence[Arrived], effects: BatchEffects
) -> dict[SourceId, Prepared | DeliveryRefused]:
    results = await effects.prepare(chosen) if chosen else ()
    return {source_id(d.source): r for d, r in zip(chosen, results, strict=True)}


async def decide_command(
    record: SourceRecord,
    *,
    ledger: LedgerReader,
    emitter: Emitter,
    rejudge: Rejudge,
    effects: CommandEffects,
    crashed: bool = False,
) -> Decided:
    """Decide one command. It is refused if processes have ``crashed`` at it."""
    command, why_not = read_command(record)
    if crashed:
        why_not = CommandRefused(CommandRefusal.RECEIVER_FAILED)
    if why_not is None:
        rights = await effects.rights_from(rights_needed(command))
        if rights is None:
            why_not = CommandRefused(CommandRefusal.RIGHTS_BEHIND)
        else:
            emitter = replace(emitter, rights=rights)
    wanted, why_not = needed(command, why_not)
    found = await effects.read_slice(wanted) if wanted else SliceRead()
    attempt = Attempt(command, why_not, CommandInputs(found, rejudge))
    made = await decide_with_contents(
        partial(attempt.run, ledger, emitter), effects.read_back, effects.in_thread
    )
    return Decided(
        outputs=made.outputs,
        entries={**made.entries, **source_progress(made.outputs, ledger)},
        taken=1,
        commands=made.executed,
    )


def _receipts(outputs: Sequence[OutputRecord]) -> list[OutputRecord]:
    return [output for output in outputs if output.topic in RECEIPT_TOPICS]


def source_progress(outputs: Sequence[OutputRecord], ledger: LedgerReader) -> Entries:
    """Ledger entries: how far the source topics are carried through once these are written."""
    progress = SourceProgress(Overlay(ledger).get)
    for output in outputs:
        progress.note(output.header)
    return progress.entries()


def decrypt_and_frame(
    decrypt: Callable[[Arrived], Decrypted | DeliveryRefused],
    frame: Callable[[Sequence[Decrypted]], Sequence[Prepared | DeliveryRefused]],
    measure: Measure = unmeasured,
) -> Work:
    """The step ``prepare``: decrypt each delivery, then frame all that could be decrypted."""

    def work(deliveries: Sequence[Arrived]) -> list[Prepared | DeliveryRefused]:
        with measure(Stage.DECRYPT):
            decrypted = [decrypt(delivery) for delivery in deliveries]
        ready = iter(frame([one for one in decrypted if isinstance(one, Decrypted)]))
        return [one if isinstance(one, DeliveryRefused) else next(ready) for one in decrypted]

    return work
