"""Whatever an export holds: the dry run judges it, points into the file, and tells no value."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.check.tally import item_as_json
from kpr_stream.connectors.local_codes import synthetic_profile
from kpr_stream.model.words import SYSTEMS, Severity, System
from tests.property.test_mapping import OBJECT
from tests.unit.check.test_check import judge
from tests.unit.connectors import exports

_CANARY = "Kanari-77"


@settings(max_examples=40, deadline=None)
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
