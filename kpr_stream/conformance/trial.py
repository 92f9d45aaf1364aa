"""What the steps of a run have in their hands: orders, faults, the sender, the log, results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kpr_stream.conformance.cases import CaseOutcome, CaseResult, all_cases
from kpr_stream.conformance.checks import processed
from kpr_stream.conformance.orders import Content, Orders
from kpr_stream.conformance.sender import SenderUnderTest
from kpr_stream.trial_receiver.faults import MOST_AWAY_S, FaultKind, PlayedFault
from kpr_stream.trial_receiver.run import TrialReceiver
from kpr_stream.trial_receiver.sent import SentRecord

POLL_S: Final = 0.05
SETTLED_S: Final = 2.0
"""What a sender had handed to its producer before it read a receipt has come after this time."""
WINDOW_S: Final = 3.0
"""A window counts as full when nothing new came for this long."""


@dataclass(slots=True)
class Trial:
    """One run of one sender."""

    receiver: TrialReceiver
    sender: SenderUnderTest
    patience_s: float
    """Longest wait for something that must come."""
    orders: Orders = field(default_factory=Orders)
    results: dict[str, CaseResult] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    """The cases that were judged since the step began."""

    @property
    def log(self) -> list[SentRecord]:
        """Return every record so far."""
        return self.receiver.sent

    def of(self, org_nr: str) -> list[SentRecord]:
        """Return the sender's records of a unit."""
        return [one for one in self.log if one.org_nr == org_nr and not one.ours]

    def deliver(
        self, org_nr: str, content: Content = Content.CONSULTATIONS, *, items: int = 2
    ) -> None:
        """Order a delivery."""
        self.sender.order(self.orders.deliver(org_nr, content, items=items))

    async def play(
        self, kind: FaultKind, *, count: int = 1, org_nr: str | None = None, seconds: float = 5
    ) -> None:
        """Order a fault, and wait until it is played or pending."""
        self.receiver.order(PlayedFault(kind=kind, count=count, org_nr=org_nr, seconds=seconds))
        # Also played without a sender: a step that ends what it began spoils no later one.
        await _wait(lambda: self.receiver.orders_done, MOST_AWAY_S + self.patience_s)

    async def until(self, ask: Callable[[], bool], *, within_s: float | None = None) -> bool:
        """Wait for something that must come; return whether it came.

        Nothing comes any more from a sender that has ended by itself: then the wait is over.
        """
        await _wait(lambda: ask() or self.sender.ended() is not None, within_s or self.patience_s)
        return ask()

    async def until_status(self, org_nr: str, number: int, *statuses: str) -> bool:
        """Wait until ``number`` sequences of a unit have an answer with one of these statuses."""

        def enough() -> bool:
            found = {one.sequence for one in self.of(org_nr) if one.status in statuses}
            return len(found - {0}) >= number

        return await self.until(enough)

    async def until_processed(self, org_nr: str, number: int) -> bool:
        """Wait until ``number`` deliveries of a unit were processed."""
        return await self.until(lambda: len(processed(self.of(org_nr))) >= number)

    async def until_more(self, org_nr: str, number: int) -> bool:
        """Wait until more than ``number`` records of a unit came."""
        return await self.until(lambda: len(self.of(org_nr)) > number)

    async def quiet(self, seconds: float) -> int:
        """Wait, and return the number of the last record before the wait."""
        last = len(self.log)
        await self.until(lambda: False, within_s=seconds)
        return last

    def judge(self, name: str, problems: Iterable[str]) -> None:
        """Note the result of a case; a case that failed once has failed."""
        found = tuple(problems)
        earlier = self.results.get(name)
        if earlier is not None:
            found = (*earlier.problems, *found)
        result = CaseOutcome.FAILED if found else CaseOutcome.PASSED
        self.judged.add(name)
        self.results[name] = CaseResult(case=all_cases()[name], result=result, problems=found)

    def end_step(self, how: str | None) -> None:
        """Fail the cases of the step if the sender has ended by itself in it; ``how`` says how."""
        if how is not None:
            for name in tuple(self.judged):
                self.judge(name, [f"the sender ended by itself, {how}: it runs until SIGTERM"])
        self.judged.clear()


async def _wait(ask: Callable[[], bool], seconds: float) -> None:
    now = asyncio.get_running_loop().time
    limit = now() + seconds
    while not ask():
        if now() > limit:
            return
        await asyncio.sleep(POLL_S)


def all_results(results: Mapping[str, CaseResult]) -> list[CaseResult]:
    """Return a result for every case; those without one were not run."""
    return [
        results.get(name) or CaseResult(case=case, result=CaseOutcome.NOT_RUN)
        for name, case in all_cases().items()
    ]


def missing(came: bool, what: str) -> list[str]:  # noqa: FBT001 - the answer to a wait
    """Return the problem that something did not come in time."""
    return [] if came else [f"{what} did not come in time"]


def again(records: list[SentRecord]) -> list[str]:
    """Return the problem that there are records, in a time in which nothing may be sent."""
    return [f"record {one.number} was sent all the same" for one in records]
