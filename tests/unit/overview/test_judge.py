"""Each trouble is found in the state that shows it, and none where all is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kpr_stream.audit.books import Fault
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.overview.gather import gather
from kpr_stream.overview.judge import judge
from kpr_stream.overview.samples import Samples
from kpr_stream.overview.troubles import LOSS, NEED_HISTORY, AlertName, Trouble
from tests.support.installation import BLOCKED, NEVER, SILENT, WELL, Installation
from tests.support.repository import ROOT
from tools.alerts.alert import Severity
from tools.alerts.table import ALERTS, NAMES

DAY = 86_400


def troubles(**how: Any) -> list[Trouble]:
    before, now = Installation(**how), Installation(**how, seconds=10)
    return list(gather(now.samples(), before.samples()).troubles)


def names(**how: Any) -> list[str]:
    return [one.alert.value for one in troubles(**how)]


def exported(name: str, labels: str, value: float) -> str:
    return f"# TYPE {name} gauge\n{name}{{{labels}}} {value}\n"


AT = Installation(seconds=10).at


def test_an_installation_that_is_well_has_no_trouble() -> None:
    assert troubles() == []


@pytest.mark.parametrize(
    ("alert", "how"),
    [
        ("BooksDoNotBalance", {"imbalance": {(System.EG_INFODOC, Fault.NO_RECEIPT): 2}}),
        ("UnitSilent", {"units": (*WELL, SILENT)}),
        ("UnitNeverReported", {"units": (*WELL, NEVER)}),
        ("UnitBlocked", {"units": (*WELL, BLOCKED)}),
        ("ProbeFails", {"probe_s": 301.0}),
        ("ProbeFails", {"missing": ["probe"]}),
        ("ExporterAbsent", {"missing": ["exporter"]}),
        ("ExporterAbsent", {"books_s": 601.0}),
        ("SinkStopped", {"missing": ["identity"]}),
        ("ProjectorStopped", {"missing": ["projector"]}),
        (
            "DiskFills",
            {
                "more": exported("kpr_disk_size_bytes", "", 100)
                + exported("kpr_disk_free_bytes", "", 14)
            },
        ),
        (
            "KeyExpires",
            {
                "more": exported(
                    "kpr_key_expires_timestamp_seconds",
                    'purpose="receiver",key_id="k1"',
                    AT + 29 * DAY,
                )
            },
        ),
        (
            "ReleaseStopped",
            {
                "more": exported(
                    "kpr_release_stopped_since_timestamp_seconds",
                    'system="eg-infodoc",software_version="7.1"',
                    AT - 60,
                )
            },
        ),
    ],
)
def test_a_state_has_its_trouble_and_no_other(alert: str, how: dict[str, Any]) -> None:
    assert names(**how) == [alert]


@pytest.mark.parametrize(
    ("more", "alerts"),
    [
        (
            exported("kpr_disk_size_bytes", "", 100) + exported("kpr_disk_free_bytes", "", 15),
            [],
        ),
        (
            exported(
                "kpr_key_expires_timestamp_seconds",
                'purpose="receiver",key_id="k1"',
                AT + 31 * DAY,
            ),
            [],
        ),
    ],
)
def test_a_limit_that_is_not_reached_is_no_trouble(more: str, alerts: list[str]) -> None:
    assert names(more=more) == alerts


def test_a_worker_that_is_gone_leaves_its_lanes_without_one() -> None:
    lanes, down = troubles(away=["worker-2"])
    assert (lanes.alert, lanes.what) == (
        AlertName.LANE_UNOWNED,
        "no worker has the lanes 4, 5, 6, 7",
    )
    assert down.alert is AlertName.TARGET_DOWN
    assert "worker worker-2" in down.what
    assert "Connection refused" in down.what


def test_deliveries_that_wait_while_nothing_is_committed_are_the_first_trouble() -> None:
    assert names(waiting_s=1000.0) == ["NoCommits", "OldestUnprocessed"]
    assert names(waiting_s=200.0) == []


def test_unprocessed_deliveries_without_any_worker_need_no_patience() -> None:
    waiting = exported("kpr_unprocessed_deliveries", 'system="eg-infodoc"', 3)
    found = names(missing=["worker-1", "worker-2"], more=waiting)
    assert found == ["NoCommits", "LaneUnowned"]
    assert names(missing=["worker-1", "worker-2"]) == ["LaneUnowned"]


def test_a_sink_that_is_not_ready_is_a_trouble_before_it_is_far_behind() -> None:
    facts = gather(Installation().samples())
    processes = tuple(replace(one, ready=one.name != "content") for one in facts.processes)
    (trouble,) = judge(replace(facts, processes=processes), Installation().samples())
    assert trouble.alert == "SinkBehind"
    assert "the content sink is not ready" in trouble.what


def test_a_sink_that_waits_is_behind_while_it_commits_and_stopped_while_it_does_not() -> None:
    assert names(sink_waits_s=601.0) == ["SinkBehind"] * 2
    assert names(sink_waits_s=601.0, sink_committed_s=700.0) == ["SinkStopped"] * 2


def test_a_projector_that_waits_is_behind_while_it_commits_and_stopped_while_it_does_not() -> None:
    assert names(projector_waits_s=599.0) == []
    assert names(projector_waits_s=601.0) == ["ProjectorBehind"]
    assert names(projector_waits_s=601.0, projector_committed_s=700.0) == ["ProjectorStopped"]


def test_a_projector_that_is_not_ready_is_a_trouble_before_it_is_far_behind() -> None:
    facts = gather(Installation().samples())
    processes = tuple(replace(one, ready=one.name != "projector") for one in facts.processes)
    (trouble,) = judge(replace(facts, processes=processes), Installation().samples())
    assert trouble.alert == "ProjectorBehind"
    assert "the projector is not ready" in trouble.what


def test_the_units_of_a_system_are_one_trouble_that_names_some() -> None:
    many = [replace(SILENT, org_nr=f"8000{n:05}") for n in range(40)]
    heard = [replace(WELL[0], system=SILENT.system, org_nr=f"8001{n:05}") for n in range(40)]
    (one,) = troubles(units=(*many, *heard))
    assert one.what == "eg-infodoc: 800000000, 800000001 and 38 more"


def test_a_system_most_of_whose_units_are_silent_is_one_trouble() -> None:
    many = tuple(replace(SILENT, org_nr=f"8000{n:05}") for n in range(10))
    (one,) = troubles(units=many)
    assert (one.alert, one.urgent) == (AlertName.SYSTEM_SILENT, True)
    assert one.what == "most units of eg-infodoc have not delivered"
    assert names(units=many[:9]) == ["UnitSilent"]


def test_every_alert_is_judged_or_needs_history_and_has_its_runbook() -> None:
    judged = {one.value for one in AlertName}
    assert judged | NEED_HISTORY == set(NAMES) - {"Watchdog"}
    assert not judged & NEED_HISTORY
    pages = {alert.name for alert in ALERTS if alert.severity is Severity.PAGE}
    assert {one.value for one in LOSS} <= pages
    for alert in AlertName:
        assert (ROOT / Trouble(alert=alert, what="x").runbook).is_file(), alert
    text = (ROOT / "docs" / "operate" / "top.md").read_text("utf-8")
    assert [name for name in NEED_HISTORY if name not in text] == []


def test_an_exporter_that_sees_nothing_calls_no_unit_silent() -> None:
    assert names(units=(SILENT,), books_s=601.0) == ["ExporterAbsent"]


def test_a_stopped_release_is_one_trouble_and_its_blocked_units_are_none() -> None:
    stopped = replace(BLOCKED, blocked_reason="RELEASE_STOPPED")
    assert names(units=(*WELL, stopped)) == []


def test_a_blocked_unit_delivers_and_is_not_silent() -> None:
    refused = replace(
        SILENT, blocked_since=BLOCKED.blocked_since, blocked_reason=BLOCKED.blocked_reason
    )
    assert names(units=(*WELL, refused)) == ["UnitBlocked"]


def test_an_old_item_in_quarantine_waits_for_a_decision() -> None:
    text = "".join(
        exported("kpr_quarantine_oldest_timestamp_seconds", f'system="{s}"', at)
        for s, at in zip(SYSTEMS, (AT - 61 * DAY, AT - 59 * DAY, 0, 0), strict=True)
    )
    (one,) = troubles(more=text)
    assert one.alert is AlertName.QUARANTINE_GROWING
    assert one.what.startswith(SYSTEMS[0])


def test_where_no_process_is_listed_nothing_is_wrong() -> None:
    assert gather(Samples([], at=AT)).troubles == ()


def test_only_loss_and_silence_are_urgent_and_they_come_first() -> None:
    found = troubles(
        units=(SILENT, BLOCKED),
        probe_s=400.0,
        missing=["identity"],
        imbalance={(System.EG_INFODOC, Fault.NO_RECEIPT): 1},
    )
    assert [one.alert.value for one in found] == [
        *("BooksDoNotBalance", "ProbeFails", "SinkStopped", "UnitBlocked", "UnitSilent")
    ]
    assert [one.urgent for one in found] == [one.alert in LOSS for one in found]
    assert found[0].runbook == "docs/operate/runbooks/BooksDoNotBalance.md"
