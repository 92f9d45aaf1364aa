"""Whatever an export holds: the dry run judges it as the receiver does, points into the file, and
tells no value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.check.judge import Limits
from kpr_stream.check.seen import Seen
from kpr_stream.check.tally import item_as_json
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.model.words import SYSTEMS, Severity, System
from tests.property.test_mapping import OBJECT
from tests.support.deliveries import source_record
from tests.support.examples import examples
from tests.support.receiver import Receiver
from tests.unit.check.test_check import NOW_MS, PROFILE, judge
from tests.unit.connectors import exports

_CANARY = "Kanari-77"


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(OBJECT, max_size=3), st.lists(OBJECT, max_size=2), st.sampled_from(SYSTEMS))
def test_any_export_that_can_be_read_is_judged(
    upserts: list[dict[str, Any]], deletions: list[dict[str, Any]], system: System
) -> None:
    upserts = [{**one, "journalId": _CANARY, "avtaleId": _CANARY} for one in upserts]
    unit = exports.unit(*upserts, deletions=deletions)
    items = judge(unit, profile=synthetic_profile(system))
    assert len(items) == len(upserts) + len(deletions)
    lists = {"slettKonsultasjon": deletions, "konsultasjon": upserts}
    for item in items:
        _, place, name, at = item.pointer.split("/")
        assert (place, int(at) < len(lists[name])) == ("0", True)
        rejects = {f.rule.severity for f in item.findings} & {Severity.REJECT}
        assert (item.outcome == "rejected") == bool(rejects)
        for finding in item.findings:
            assert finding.pointer.startswith("/0/")
        assert _CANARY not in json.dumps(item_as_json("x.json", item))


_ITEMS_A_DELIVERY = 2
_IDS = st.sampled_from(["k-1", "k-2", "k-3", None, "besok-20812450051"])
_UPSERT = st.builds(
    lambda local_id, more: {**exports.consultation(local_id), **more},
    _IDS,
    st.fixed_dictionaries(
        {},
        optional={
            "varighetMinutter": st.sampled_from([20, 30, 9999, "lenge"]),
            "datoTid": st.sampled_from(["2025-01-07T10:15:00+02:00", "2025-01-07", None]),
            "oppmoteStatus": st.sampled_from(["1", "2", 7]),
            "maalinger": st.sampled_from([{"vekt": 4}, {"vekt": 4100}, "tung"]),
            "person": st.just({"personId": "p-1", "fodselsNr": exports.FNR, "kjonn": "2"}),
            "ammestatus": st.sampled_from(["1", "2"]),
        },
    ),
)
_DELETION = st.fixed_dictionaries(
    {"konsultasjonId": _IDS, "erSlettet": st.sampled_from([True, False, "ja"])}
)
_FILE = st.tuples(
    st.sampled_from(["20250201T040000Z", "20250201T040100Z"]),
    st.lists(_UPSERT, max_size=5),
    st.lists(_DELETION, max_size=3),
)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(_FILE, min_size=1, max_size=3))
def test_outcomes_and_findings_are_those_of_the_receiver(
    files: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]],
) -> None:
    seen, receiver, sequence = Seen(), Receiver(), 0
    for extracted, upserts, deletions in files:
        unit = exports.unit(*upserts, deletions=deletions)
        name = exports.NAME.replace("20250201T040000Z", extracted)
        limits = Limits(max_items=_ITEMS_A_DELIVERY, max_bytes=2_000_000)
        checked = judge(unit, name=name, seen=seen, limits=limits)
        received: list[tuple[str, list[str]]] = []
        for packed in _packed(name, unit):
            sequence += 1
            receiver.take(_record(packed, name, sequence))
            received += _answered(receiver, packed.item_count)
        dry = [(c.outcome.value, _once([f.rule.id for f in c.findings])) for c in checked]
        assert dry == received


def _packed(name: str, unit: dict[str, Any]) -> list[pack.Packed]:
    file = read.parse_name(Path(name))
    (found,) = read.units_of(file, json.dumps([unit]).encode())
    items = [
        *(mapping.map_deletion(file.message_type, one) for one in found.deletions),
        *(mapping.map_upsert(file.message_type, one, PROFILE) for one in found.upserts),
    ]
    return list(
        pack.pack(items, file.message_type, max_items=_ITEMS_A_DELIVERY, max_bytes=2_000_000)
    )


def _record(packed: pack.Packed, name: str, sequence: int) -> Any:
    extracted_at = read.parse_name(Path(name)).extracted_at
    return source_record(
        payload=packed.payload,
        org_nr=exports.UNIT,
        sequence=sequence,
        offset=sequence - 1,
        received_at=NOW_MS,
        item_count=packed.item_count,
        municipality_code="0301",
        district_code="030101",
        extracted_at=datetime.fromtimestamp(extracted_at / 1000, UTC),
    )


def _answered(receiver: Receiver, count: int) -> list[tuple[str, list[str]]]:
    """Outcome and rules of every item of the last delivery, as its receipt says."""
    receipt = receiver.read(f"kpr.hst.receipt.{PROFILE.system}", "receipt")[-1]
    assert (receipt["status"], receipt["item_count"]) == ("processed", count)
    named = {item["index"]: item for item in receipt["items"]}
    return [
        (named[at]["outcome"], [f["rule"] for f in named[at]["findings"]])
        if at in named
        else ("accepted", [])
        for at in range(count)
    ]


def _once(rules: list[str]) -> list[str]:
    """A rule once an item: the dry run tells a rule at each place of the file that it is about."""
    return list(dict.fromkeys(rules))
