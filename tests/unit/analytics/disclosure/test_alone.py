"""A goal that linear programmes reach only in fractions."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from kpr_stream.analytics.disclosure.alone import ATTEMPTS, hide_alone
from kpr_stream.analytics.disclosure.complement import Ways
from kpr_stream.analytics.disclosure.proofs import Proofs
from kpr_stream.analytics.disclosure.releases import combine
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from tests.unit.analytics.disclosure.tables import MONTH, REGION, count_table

TARGET = 4


def _small_cell() -> tuple[Proofs, int]:
    counts = dict.fromkeys(product(*(one.leaves for one in (REGION, MONTH))), 20)
    counts[REGION.leaves[0], MONTH.leaves[0]] = 2
    rule = DisclosureRule()
    proofs = Proofs(combine(count_table((REGION, MONTH), counts), rule, ()), rule.threshold - 1)
    (goal,) = np.flatnonzero(proofs.system.sensitive)
    return proofs, int(goal)


def _everywhere(proofs: Proofs) -> npt.NDArray[np.bool_]:
    return np.ones_like(proofs.hidden)


def test_the_goal_reaches_the_value_and_only_what_moves_is_hidden() -> None:
    proofs, goal = _small_cell()
    hide_alone(proofs, goal, TARGET, _everywhere(proofs))
    assert proofs.reached[goal, TARGET]
    assert int(proofs.hidden.sum()) == 4, "a rectangle keeps every total"


@pytest.mark.parametrize("searches", [0, 1, 2])
def test_after_fractions_wider_and_wider_searches_in_whole_numbers_follow(
    searches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact, calls = Ways.whole_part, []

    def fails_at_first(self: Ways, move: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        calls.append(self.columns.size)
        whole = exact(self, move)
        return whole if len(calls) > ATTEMPTS + searches else np.zeros_like(whole)

    monkeypatch.setattr(Ways, "whole_part", fails_at_first)
    proofs, goal = _small_cell()
    hide_alone(proofs, goal, TARGET, _everywhere(proofs))
    assert proofs.reached[goal, TARGET]
    widths = calls[ATTEMPTS:]
    assert widths == sorted(widths)
    assert widths[0] < proofs.hidden.size, "the first search is among few cells"


def test_nothing_is_hidden_where_the_goal_cannot_move() -> None:
    proofs, goal = _small_cell()
    before = proofs.hidden.copy()
    hide_alone(proofs, goal, TARGET, np.arange(before.size) == goal)
    assert not proofs.reached[goal, TARGET]
    assert (proofs.hidden == before).all()
