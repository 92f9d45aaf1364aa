"""FHIR and export files of one world give the register the same values."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from kpr_stream.audit.rows import compare
from kpr_stream.connectors.fhir.rules import fhir_rules
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.table import table_of
from kpr_stream.connectors.source.export_folder import ExportFolder
from kpr_stream.connectors.source.fhir_folder import FhirFolder
from kpr_stream.connectors.source.interface import Source
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.words import MessageType, System
from kpr_stream.schemas import wire
from kpr_stream.simulate.fhir.carried import NOT_CARRIED
from kpr_stream.simulate.small.generate import TRUTH_FILE, Plan, simulate
from kpr_stream.sinks.tables import SinkKind
from tests.end_to_end.answers import items_of
from tests.end_to_end.without_broker import rows as records
from tests.support.receiver import keys
from tests.support.repository import ROOT
from tests.support.source_through import Sender, content_rows

HP = System.HELSEPLATTFORMEN
COLUMNS = {"group_id": "group_key"}
"""Columns with another name than the field that they are made from."""
FEWER = {"municipality_code", "municipality_valid"}
"""Columns of which FHIR carries the unit's value alone."""
NOT_IN_FHIR = {COLUMNS.get(field, field) for field in NOT_CARRIED} - FEWER
"""Columns that FHIR does not carry."""
FOLLOWS = {
    "extracted_at": "of the snapshot, not of the export file",
    "sequence": "a unit counts its own deliveries",
    "received_at": "as sequence",
    "changed_at": "as extracted_at",
    "sealed": "a random nonce; the record's key is a hash of the same number",
    "warnings": "some rules look at what was received before (see ORDER)",
}
"""Columns that say how something was sent."""
ORDER = {"BREASTFEEDING_FULL_AFTER_PARTIAL", "MUNICIPALITY_NOT_VALID_THEN"}
"""Warnings that compare with the visit before, in the order of receiving, or that judge a column
which FHIR does not carry."""


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sender]:
    found = {}
    profile, rows = synthetic_profile(HP), table_of(HP).fhir
    assert rows is not None
    for form in ("hst", "fhir"):
        out = tmp_path_factory.mktemp(form) / "exports"
        sender = Sender(HP)
        sender.expected = simulate(Plan(3000, 7, 4, fhir=form == "fhir"), out)["systems"][HP]
        lines = map(json.loads, (out / TRUTH_FILE).read_text("utf-8").splitlines())
        sender.truth = [line for line in lines if line["system"] == HP]
        source: Source = ExportFolder(out / HP, profile, synthetic_units=True)
        if form == "fhir":
            rules = fhir_rules(rows, profile)
            source = FhirFolder(out / HP, rules, bytes(32), synthetic_units=True)
        sender.send(source)
        found[form] = sender
    return found


def rows(sender: Sender, kind: SinkKind) -> dict[tuple[str, str], dict[str, Any]]:
    """The last row of each key that has content."""
    found = content_rows(sender.receiver, kind)
    return {
        (table.topic, str(row[table.key])): row
        for table, row in found
        if row.get("status", "live") == "live"
    }


def test_nothing_of_the_snapshots_is_left_out(sent: dict[str, Sender]) -> None:
    assert sent["fhir"].left_out == []
    for kind in (MessageType.CONSULTATION, MessageType.APPOINTMENT):
        # Every snapshot holds everything, and each visit is sent about once.
        assert 50 < sent["fhir"].items[kind] < sent["hst"].items[kind]


@pytest.mark.parametrize("kind", list(SinkKind))
def test_every_column_that_both_carry_is_the_same(sent: dict[str, Sender], kind: SinkKind) -> None:
    ours, theirs = rows(sent["fhir"], kind), rows(sent["hst"], kind)
    if kind is SinkKind.CONTENT:
        assert ours.keys() == theirs.keys()
    else:
        # A person whose only visit was deleted before the first snapshot is in no snapshot.
        assert ours.keys() <= theirs.keys()
        assert len(theirs) - len(ours) < 10
    assert len(ours) > 50
    differ = {
        name
        for key, row in theirs.items()
        if key in ours
        for name, value in row.items()
        if ours[key][name] != value
    }
    assert differ <= NOT_IN_FHIR | FEWER | FOLLOWS.keys()
    if kind is SinkKind.CONTENT:
        assert differ >= NOT_IN_FHIR
        assert {
            w
            for k in ours
            for w in set(ours[k].get("warnings") or ()) ^ set(theirs[k].get("warnings") or ())
        } <= ORDER
        for name in NOT_IN_FHIR:
            assert not any(row.get(name) for row in ours.values())


def test_the_page_lists_the_fields_that_fhir_does_not_carry() -> None:
    page = (ROOT / "docs" / "vendor" / "fhir.md").read_text("utf-8")
    for name, why in NOT_CARRIED.items():
        assert re.search(rf"^\| `{name}`.* \| {re.escape(why)} \|$", page, re.MULTILINE), name


@pytest.mark.parametrize("form", ["hst", "fhir"])
def test_the_truth_expects_what_the_receiver_answers(sent: dict[str, Sender], form: str) -> None:
    answers = Counter(
        answer.outcome
        for ones in items_of(
            wire.decode("receipt", one.value)
            for one in sent[form].receiver.log[receipt_topic(HP)]
            if one.value
        ).values()
        for answer in ones
    )
    expected = {name: n for name, n in sent[form].expected["outcomes"].items() if n}
    assert answers == expected


@pytest.mark.parametrize("form", ["hst", "fhir"])
def test_the_truth_is_what_the_receiver_holds(sent: dict[str, Sender], form: str) -> None:
    compared = compare(sent[form].truth, records(sent[form].receiver), keys().pseudonyms)
    assert compared.equal, compared
    assert compared.compared > 400
