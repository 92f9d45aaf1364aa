"""The load has the properties that the checker relies on."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from itertools import islice
from typing import Any

import pytest

from kpr_stream.keys.keyring import PublicKey
from tests.faults.harness.plan import Load, Planned, Unit
from tests.support.deliveries import KEY_ID, private_keys

DELIVERIES = 3_300
"""As many as a run of random faults sends."""


class WatchedLoad(Load):
    """Records which systems have reported a unit's person at a minute."""

    reported: dict[tuple[str, str, datetime], set[str]]

    def _sealed(
        self, unit: Unit, sequence: int, items: list[Any], *more: Any, **kw: Any
    ) -> Planned:
        for item in items:
            if item["operation"] == "upsert" and item["start"] is not None:
                self.reported[unit.org_nr, item["fnr"], item["start"]].add(unit.system)
        return super()._sealed(unit, sequence, items, *more, **kw)


@pytest.mark.parametrize("seed", [24, 37, 59])
def test_no_two_systems_ever_report_the_same_consultation(seed: int) -> None:
    """The model treats each unit and system alone, so superseded records would count as lost."""
    key = PublicKey(KEY_ID, private_keys()[KEY_ID].public_key())
    load = WatchedLoad(seed, key, lambda: 1_772_366_400_000)
    load.reported = defaultdict(set)
    sent = sum(1 for _ in islice(load.deliveries(), DELIVERIES))
    assert sent == DELIVERIES
    assert [place for place, systems in load.reported.items() if len(systems) > 1] == []
