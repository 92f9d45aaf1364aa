"""Every step passes a sender that is right, and finds the one bad habit of another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kpr_stream.conformance import run as running
from kpr_stream.conformance import steps
from kpr_stream.conformance.cases import all_cases
from kpr_stream.conformance.run import Plan, Run, TrialDisplay, try_sender
from kpr_stream.conformance.steps import STEPS, Step
from kpr_stream.errors import BrokerError
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.trial_receiver import run as receiving
from tests.support.no_broker import NO_BROKER
from tests.support.virtual_time import run_in_virtual_time
from tests.unit.conformance.memory_broker import (
    MemoryBroker,
    MemoryReceiver,
    another_sender_on,
)
from tests.unit.conformance.model_sender import Habits, ModelSender

SYSTEM = System.VISMA_HSPRO


class Tried:
    """A way to try a sender with some habits by some steps."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        self.shown: list[str] = []

    def report(
        self, habits: Habits, *chosen: Step, command: tuple[str, ...] = ("sender",)
    ) -> dict[str, Any]:
        """Return the report of the steps, whose time is virtual."""
        broker = MemoryBroker(SYSTEM)
        set_ = self.monkeypatch.setattr

        def receiver(*given: Any) -> MemoryReceiver:
            made = MemoryReceiver(*given)
            made.broker = broker
            made.folder.write_login(SYSTEM, NO_BROKER)
            return made

        set_(running, "TrialReceiver", receiver)
        set_(running, "SenderUnderTest", lambda **given: ModelSender(broker, habits, **given))
        set_(receiving, "kafka_access", lambda *_: NO_BROKER)
        set_(receiving, "deliver_as_another", another_sender_on(broker))
        plan = Plan(
            system=SYSTEM, command=command, resend_after_s=4, patience_s=30, steps=chosen or STEPS
        )
        display = TrialDisplay(step=self.shown.append, by_hand=self.shown.append)
        run = Run(plan)
        settings = Settings(home=self.folder)
        run_in_virtual_time(try_sender(settings, self.folder, run, display))
        return run.report()


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tried:
    return Tried(tmp_path, monkeypatch)


def not_passed(report: dict[str, Any]) -> dict[str, list[str]]:
    return {
        one["case"]: [one["result"], *one["problems"]]
        for one in report["cases"]
        if one["result"] != "passed"
    }


def test_a_sender_that_is_right_passes_every_case(tried: Tried) -> None:
    report = tried.report(Habits())
    assert not_passed(report) == {}
    assert report["grade"] == "conformant"
    assert len(tried.shown) == len(STEPS)


FAULTS: list[tuple[str, Habits, Step, set[str]]] = [
    ("no hello", Habits(says_hello=False), steps.plain_deliveries, {"hello_first"}),
    (
        "partitions of its own",
        Habits(own_partitions=True),
        steps.plain_deliveries,
        {"key_and_partition"},
    ),
    ("ids in its log", Habits(prints_persons=True), steps.plain_deliveries, {"quiet_log"}),
    (
        "receipts of version 1 alone",
        Habits(reads_version_2=False),
        steps.answers_that_end,
        {"receipt_version_2"},
    ),
    (
        "rejected items are sent again",
        Habits(resends_rejected=True),
        steps.answers_that_end,
        {"rejected_items"},
    ),
    (
        "never sends again",
        Habits(resends=False),
        steps.receipts_that_are_lost,
        {"lost_receipt", "missing_part"},
    ),
    (
        "a part is a receipt",
        Habits(counts_parts=False),
        steps.receipts_that_are_lost,
        {"missing_part"},
    ),
    ("attempts stay", Habits(counts_attempts=False), steps.receipts_that_are_lost, {"attempts"}),
    (
        "sends on after a refusal",
        Habits(holds_units=False),
        steps.refusals,
        {"receiver_failed", "release_stopped", "sequence_reused"},
    ),
    ("one hold holds all", Habits(holds_all=True), steps.refusals, {"other_units"}),
    (
        "reads the key after a refusal",
        Habits(reads_key_early=False),
        steps.replaced_key,
        {"key_without_refusal"},
    ),
    (
        "keeps what was encrypted",
        Habits(reads_key_early=False, encrypts_again=False),
        steps.replaced_key,
        {"key_replaced"},
    ),
    ("goes not back", Habits(goes_back=False, resends=False), steps.lost_delivery, {"go_back"}),
    ("no window", Habits(window=40), steps.window, {"window"}),
    ("one at a time", Habits(window=1), steps.window, {"window_used"}),
    (
        "drops what a broker that is away does not take",
        Habits(waits_for_broker=False),
        steps.absent_broker,
        {"broker_away"},
    ),
    (
        "an outbox in memory",
        Habits(keeps_outbox=False),
        steps.kills,
        {"killed_before_receipt"},
    ),
    ("new ids", Habits(keeps_ids=False), steps.kills, {"killed_before_receipt"}),
]


@pytest.mark.parametrize(
    ("habits", "step", "expected"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS]
)
def test_each_bad_habit_fails_its_case(
    tried: Tried, habits: Habits, step: Step, expected: set[str]
) -> None:
    report = tried.report(habits, step)
    failed = {name for name, found in not_passed(report).items() if found[0] == "failed"}
    assert expected <= failed


def test_a_sender_started_by_hand_is_given_its_environment_and_never_killed(tried: Tried) -> None:
    report = tried.report(Habits(), steps.plain_deliveries, steps.kills, command=())
    assert 'export SENDER_SYSTEM="visma-hspro"' in tried.shown[0].splitlines()
    found = not_passed(report)
    needing = {name for name, case in all_cases().items() if case.needs_command}
    assert needing <= set(found)
    assert {one[0] for one in found.values()} == {"not run"}
    assert report["grade"] == "incomplete"


def test_a_receiver_that_fails_ends_the_run_with_its_error(
    tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: MemoryReceiver) -> None:
        raise BrokerError("Kafka does not answer.", what_to_do="See its log.")

    monkeypatch.setattr(MemoryReceiver, "run", fail)
    with pytest.raises(BrokerError, match="does not answer"):
        tried.report(Habits())
