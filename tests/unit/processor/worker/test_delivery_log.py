"""The line that a worker logs for each delivery."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from kpr_stream.model.words import Cause, ReceiptStatus
from kpr_stream.processor.worker.delivery_log import log_delivery
from tests.unit.processor.worker.test_metrics_observer import settled

PERSON = "13921812345"
"""As long as a national id: a sender may put one where a name belongs."""


def test_a_delivery_is_found_by_its_id_with_what_became_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    delivery = replace(settled(3), org_nr="974760673")
    log_delivery(delivery, 0.03, clock=lambda: 3.25)
    (line,) = caplog.records
    assert line.getMessage() == (
        f"delivery {delivery.delivery_id} of eg-infodoc 974760673, sequence 3: processed, "
        "2 accepted, 1 corrected; answered after 0.250 s, commit 0.030 s"
    )
    assert vars(line)["fields"] == {
        "delivery_id": delivery.delivery_id,
        "system": "eg-infodoc",
        "unit": "974760673",
        "sequence": 3,
        "status": "processed",
        "outcomes": {"accepted": 2, "corrected": 1},
        "answered_s": 0.25,
        "commit_s": 0.03,
    }


def test_a_name_that_is_not_of_its_form_is_withheld(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log_delivery(replace(settled(3), org_nr=PERSON, delivery_id=PERSON), 0.03)
    (line,) = caplog.records
    assert line.getMessage().startswith("delivery - of eg-infodoc -, sequence 3")
    assert PERSON not in repr(vars(line))


@pytest.mark.parametrize(
    ("off_ms", "says"),
    [
        (3_600_000, "extracted 3600 s after the broker received it"),
        (-90_000, "extracted 90 s before the broker received it"),
    ],
)
def test_a_refusal_names_its_cause_and_a_wrong_clock_by_how_much(
    caplog: pytest.LogCaptureFixture, off_ms: int, says: str
) -> None:
    caplog.set_level(logging.INFO)
    refused = replace(settled(3), status=ReceiptStatus.REFUSED, outcomes=())
    log_delivery(replace(refused, cause=Cause.COUNT_MISMATCH), 0.03)
    wrong = replace(refused, cause=Cause.CLOCK_AHEAD, extracted_at=refused.at + off_ms)
    log_delivery(wrong, 0.03)
    count, clock = (line.getMessage() for line in caplog.records)
    assert ": refused COUNT_MISMATCH; answered" in count
    assert f": refused CLOCK_AHEAD, {says}; answered" in clock
    assert vars(caplog.records[1])["fields"]["cause"] == "CLOCK_AHEAD"
