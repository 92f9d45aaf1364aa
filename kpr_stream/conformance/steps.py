"""The steps of a run, one after another: each orders something, plays a fault, and judges.

Units are used again by later steps as little as possible, so that a failed step spoils no other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from kpr_stream.conformance import checks
from kpr_stream.conformance.orders import LOCAL_ID, Content, renumber, resume
from kpr_stream.conformance.trial import SETTLED_S, WINDOW_S, Trial, again, missing
from kpr_stream.model.sender_states import UNIT_WINDOW
from kpr_stream.model.words import Cause, ReceiptStatus
from kpr_stream.trial_receiver.faults import FaultKind
from kpr_stream.trial_receiver.sent import Fate, SentRecord

DONE: Final = (ReceiptStatus.PROCESSED, ReceiptStatus.REPEATED)
KILLS: Final = 3
ORDERS_AMONG_KILLS: Final = 10
ORDERS_FOR_WINDOW: Final = UNIT_WINDOW + 8
AWAY_S: Final = 8.0
"""Shorter than a client's usual time limit of a request would hide that nothing is lost."""

Step = Callable[[Trial], Awaitable[None]]


async def plain_deliveries(trial: Trial) -> None:
    """Every kind of delivery, then units of every partition."""
    unit = trial.orders.unit()
    for content in (
        *(Content.CONSULTATIONS, Content.APPOINTMENTS),
        *(Content.DELETES, Content.QUIET_DAY),
    ):
        trial.deliver(unit, content)
    came = await trial.until_status(unit, 4, ReceiptStatus.PROCESSED)
    trial.judge("every_kind", missing(came, "four processed deliveries"))
    trial.judge("every_kind", _not_first(trial.of(unit)))
    lanes = trial.orders.unit_of_each_lane()
    for one in lanes:
        trial.deliver(one)
    reached = [await trial.until_status(one, 1, ReceiptStatus.PROCESSED) for one in lanes]
    trial.judge("key_and_partition", missing(all(reached), "a delivery for each partition"))


def _not_first(log: list[SentRecord]) -> list[str]:
    return [
        f"record {one.number} was answered {one.status or 'nothing'} {one.reason or ''}".strip()
        for one in checks.deliveries(log)
        if one.status != ReceiptStatus.PROCESSED
    ]


async def answers_that_end(trial: Trial) -> None:
    """Receipts of version 2, with rejected items, and doubled: nothing is sent again."""
    second, rejected, doubled = (trial.orders.unit() for _ in range(3))
    await trial.play(FaultKind.RECEIPT_VERSION, count=2)
    await trial.play(FaultKind.DOUBLE_RECEIPTS, count=3, org_nr=doubled)
    for unit, content in (
        (second, Content.CONSULTATIONS),
        (rejected, Content.REJECTED),
        (doubled, Content.CONSULTATIONS),
    ):
        trial.deliver(unit, content)
        trial.deliver(unit)
    units = {"receipt_version_2": second, "rejected_items": rejected, "doubled_receipt": doubled}
    for name, unit in units.items():
        came = await trial.until_status(unit, 2, ReceiptStatus.PROCESSED)
        trial.judge(name, missing(came, "two processed deliveries"))
    await trial.quiet(1.5 * trial.sender.resend_after_s)
    for name, unit in units.items():
        trial.judge(name, again(checks.deliveries(trial.of(unit))[2:]))


async def receipts_that_are_lost(trial: Trial) -> None:
    """A lost receipt, and one whose last part is lost."""
    lost, part = trial.orders.unit(), trial.orders.unit()
    for unit in (lost, part):
        trial.deliver(unit)
        await trial.until_status(unit, 1, *DONE)
    await trial.play(FaultKind.SPLIT_RECEIPTS, count=2)
    await trial.play(FaultKind.LOSE_RECEIPTS, org_nr=lost)
    await trial.play(FaultKind.LOSE_LAST_PART, org_nr=part)
    trial.deliver(lost)
    trial.deliver(part, Content.REJECTED, items=5)
    for name, unit in (("lost_receipt", lost), ("missing_part", part)):
        came = await trial.until_status(unit, 1, ReceiptStatus.REPEATED)
        trial.judge(name, missing(came, "the delivery without a whole receipt"))
        trial.deliver(unit)
        came = await trial.until_processed(unit, 3)
        trial.judge(name, missing(came, "the delivery after it"))
    await trial.play(FaultKind.SPLIT_RECEIPTS, count=0)


async def refusals(trial: Trial) -> None:
    """RECEIVER_FAILED, RELEASE_STOPPED and another sender: units are held, others are not."""
    failed, stopped, reused, free = (trial.orders.unit() for _ in range(4))
    for unit in (failed, stopped, reused, free):
        trial.deliver(unit)
        await trial.until_status(unit, 1, *DONE)
    await trial.play(FaultKind.RECEIVER_FAILED, org_nr=failed)
    for _ in range(3):
        trial.deliver(failed)
    came = await trial.until(lambda: bool(_refused(trial, failed, Cause.RECEIVER_FAILED)))
    trial.judge("receiver_failed", missing(came, "a delivery to refuse"))
    trial.deliver(free)
    came = await trial.until_status(free, 2, *DONE)
    trial.judge("other_units", missing(came, "another unit's delivery"))
    await trial.play(FaultKind.ANOTHER_SENDER, org_nr=reused)
    trial.deliver(reused)
    await trial.until(lambda: len(checks.deliveries(trial.of(reused))) > 1, within_s=SETTLED_S)
    await trial.play(FaultKind.STOP_RELEASE)
    trial.deliver(stopped)
    came = await trial.until(lambda: bool(_refused(trial, stopped, Cause.RELEASE_STOPPED)))
    trial.judge("release_stopped", missing(came, "a delivery to refuse"))
    await trial.quiet(SETTLED_S)
    last = await trial.quiet(1.5 * trial.sender.resend_after_s)
    for name, unit in (
        ("receiver_failed", failed),
        ("release_stopped", stopped),
        ("sequence_reused", reused),
    ):
        trial.judge(name, again(_not_held(trial.of(unit), last)))
    await trial.play(FaultKind.RESUME_RELEASE)
    trial.sender.order(resume(failed))
    trial.sender.order(resume(stopped))
    trial.sender.order(renumber(reused))
    for name, unit, number in (
        ("receiver_failed", failed, 4),
        ("release_stopped", stopped, 2),
        ("sequence_reused", reused, 2),
    ):
        came = await trial.until_processed(unit, number)
        trial.judge(name, missing(came, "what was held"))
        if name != "sequence_reused":
            trial.judge(name, checks.one_delivery_a_sequence(trial.of(unit)))


def _refused(trial: Trial, org_nr: str, cause: Cause) -> list[SentRecord]:
    return [one for one in trial.of(org_nr) if one.reason == cause]


def _not_held(mine: list[SentRecord], last: int) -> list[SentRecord]:
    """Return a held unit's records after ``last``, and those of its refused sequence sent again.

    What was on its way is of later sequences. A second try that succeeds is soon over: only its
    sequence shows it.
    """
    refused = next((one for one in mine if one.status == ReceiptStatus.REFUSED), None)
    return [
        one
        for one in mine
        if one.number > last
        or (refused and one.number > refused.number and one.sequence == refused.sequence)
    ]


async def replaced_key(trial: Trial) -> None:
    """The public key is replaced, and the old one opens nothing any more."""
    unit = trial.orders.unit()
    trial.deliver(unit)
    await trial.until_status(unit, 1, *DONE)
    await trial.play(FaultKind.ROTATE_KEY)
    trial.deliver(unit)

    def done() -> bool:
        return len(checks.processed(trial.of(unit))) == 2

    def refused() -> bool:
        return bool(_refused(trial, unit, Cause.UNKNOWN_KEY))

    await trial.until(lambda: done() or refused())
    trial.judge("key_without_refusal", ["it was refused first"] if refused() else [])
    if refused() and not await trial.until(done, within_s=SETTLED_S):
        trial.sender.order(resume(unit))
    trial.judge("key_replaced", missing(await trial.until(done), "the delivery under the new key"))
    trial.judge("key_replaced", checks.one_delivery_a_sequence(trial.of(unit)))


async def lost_delivery(trial: Trial) -> None:
    """The receiver has not seen a delivery, and those behind it are out of order."""
    unit = trial.orders.unit()
    trial.deliver(unit)
    await trial.until_status(unit, 1, *DONE)
    await trial.play(FaultKind.LOSE_DELIVERIES, org_nr=unit)
    for _ in range(3):
        trial.deliver(unit)
    came = await trial.until(lambda: len(checks.processed(trial.of(unit))) == 4)
    trial.judge("go_back", missing(came, "what is behind the lost delivery"))
    mine = checks.deliveries(trial.of(unit))
    behind = [one.number for one in mine if one.status == ReceiptStatus.OUT_OF_ORDER]
    unseen = [one.sequence for one in mine if one.fate is Fate.NOT_SEEN]
    if behind and unseen:
        after = [one.sequence for one in mine if one.number > max(behind)]
        if after != sorted(after) or after[:1] != unseen:
            trial.judge("go_back", [f"after out_of_order it sent the sequences {after[:20]}"])


async def window(trial: Trial) -> None:
    """Nothing is answered for a while."""
    unit = trial.orders.unit()
    trial.deliver(unit)
    await trial.until_status(unit, 1, *DONE)
    await trial.play(FaultKind.HOLD_RECEIPTS)
    for _ in range(ORDERS_FOR_WINDOW):
        trial.deliver(unit)
    came = await trial.until(lambda: len(checks.deliveries(trial.of(unit))) > 1)
    trial.judge("window", missing(came, "a delivery without an answer"))
    sequences = -1
    while sequences != (now := len({one.sequence for one in trial.of(unit)})):
        sequences = now
        await trial.quiet(WINDOW_S)
    await trial.play(FaultKind.SEND_HELD_RECEIPTS)
    wanted = ORDERS_FOR_WINDOW + 1
    came = await trial.until(lambda: len(checks.processed(trial.of(unit))) == wanted)
    trial.judge("window", missing(came, "every delivery after the receipts"))
    most = checks.most_unanswered(trial.log, unit)
    trial.judge(
        "window", [f"{most} deliveries were unanswered at one time"] if most > UNIT_WINDOW else []
    )
    trial.judge("window_used", ["each delivery waited for a receipt"] if most < 2 else [])


async def absent_broker(trial: Trial) -> None:
    """The broker answers nothing for some seconds, while deliveries are ordered."""
    unit = trial.orders.unit()
    trial.deliver(unit)
    await trial.until_status(unit, 1, *DONE)
    for _ in range(3):
        trial.deliver(unit)
    await trial.play(FaultKind.BROKER_AWAY, seconds=AWAY_S)
    trial.deliver(unit)
    came = await trial.until(lambda: len(checks.processed(trial.of(unit))) == 5)
    trial.judge("broker_away", missing(came, "what was ordered meanwhile"))


async def kills(trial: Trial) -> None:
    """The sender is killed before a receipt, among orders, and loses its outbox."""
    if not trial.sender.is_ours:
        return
    unit = trial.orders.unit()
    trial.deliver(unit)
    await trial.until_status(unit, 1, *DONE)
    await trial.play(FaultKind.LOSE_RECEIPTS, org_nr=unit)
    trial.deliver(unit)
    came = await trial.until(lambda: any(one.fate is Fate.LOST for one in trial.of(unit)))
    trial.sender.kill()
    trial.sender.start()
    came = came and await trial.until_status(unit, 1, ReceiptStatus.REPEATED)
    trial.judge("killed_before_receipt", missing(came, "the same delivery after the start"))
    trial.judge("killed_before_receipt", checks.one_delivery_a_sequence(trial.of(unit)))
    await _kill_at_work(trial, unit)
    await _lose_outbox(trial, unit)


async def _kill_at_work(trial: Trial, unit: str) -> None:
    name, before = "killed_at_work", len(checks.processed(trial.of(unit)))
    for number in range(1, ORDERS_AMONG_KILLS + 1):
        trial.deliver(unit)
        if number % (ORDERS_AMONG_KILLS // KILLS) == 0:
            sent = len(trial.of(unit))
            await trial.until_more(unit, sent)
            trial.sender.kill()
            trial.sender.start()
    wanted = before + ORDERS_AMONG_KILLS
    came = await trial.until(lambda: len(checks.processed(trial.of(unit))) >= wanted)
    trial.judge(name, missing(came, "every order"))
    trial.judge(name, checks.one_delivery_a_sequence(trial.of(unit)))


async def _lose_outbox(trial: Trial, unit: str) -> None:
    trial.sender.kill()
    # What it sent again just before its end is not of the new outbox.
    await trial.quiet(SETTLED_S)
    name, before = "outbox_lost", len(trial.of(unit))
    taken = len(checks.processed(trial.of(unit)))
    trial.sender.lose_outbox()
    trial.sender.start()
    trial.deliver(unit)
    came = await trial.until(lambda: len(checks.processed(trial.of(unit))) == taken + 1)
    trial.judge(name, missing(came, "the delivery of the new outbox"))
    later = trial.of(unit)[before:]
    trial.judge(name, [] if later and later[0].is_hello else ["no hello came first"])
    trial.judge(name, _not_first(later))


STEPS: Final[tuple[Step, ...]] = (
    plain_deliveries,
    answers_that_end,
    receipts_that_are_lost,
    refusals,
    replaced_key,
    lost_delivery,
    window,
    absent_broker,
    kills,
)


def judge_whole(trial: Trial, *, to_the_end: bool) -> None:
    """Judge what the whole log shows.

    A run that ended early has shown faults and no more: what it has not shown may still have come.
    A sender that sent nothing has shown nothing.
    """
    log, system = trial.log, trial.receiver.system
    secrets = [*trial.orders.persons, LOCAL_ID]
    sent = bool(checks.deliveries(log))
    found = {
        "hello_first": checks.hello_first(log),
        "same_content": checks.same_content(log, trial.sender.orders) if to_the_end else [],
        "software_version": checks.software_version(log) if sent or to_the_end else [],
        "sequences": checks.sequences(log),
        "attempts": checks.attempts(log),
        "same_bytes": checks.same_bytes(log),
        "key_and_partition": checks.key_and_partition(log),
        "own_topic": checks.own_topic(log, system),
        "encrypted": checks.encrypted(log),
        "fresh_nonces": checks.fresh_nonces(log),
        "nothing_in_clear": checks.nothing_in_clear(log, secrets),
    }
    if trial.sender.is_ours:
        found["quiet_log"] = checks.quiet_log(trial.sender.printed(), trial.orders.persons)
    for name, problems in found.items():
        if problems or (to_the_end and sent):
            trial.judge(name, problems)
