"""Each condition of a plain item taken away in turn: the comparison of both ways must report it.

A condition that can be taken away unnoticed is one that no test needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from kpr_stream.processor.columns import gather, identities, judge, persons, shared
from kpr_stream.processor.columns.plan import plan_batch
from kpr_stream.processor.decide import plain
from kpr_stream.processor.lanes.commit import AbortNeededError
from tests.property.test_batches_both_ways import (
    decide_all,
    decide_directed,
    histories,
    policies,
    rights,
)
from tests.property.test_both_ways import BothWays
from tests.support import both_ways

pytestmark = [pytest.mark.slow, pytest.mark.long]

Patch = Callable[[pytest.MonkeyPatch], None]
ENOUGH: Final = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def once_in_the_batch(patch: pytest.MonkeyPatch) -> None:
    """A key may come several times."""
    patch.setattr(judge, "Counter", lambda _: Counter())


def nothing_open(patch: pytest.MonkeyPatch) -> None:
    """A rejection of the item may be open."""
    patch.setattr(judge, "rejected_entry_key", lambda key: b"nothing" + key)


def known_by_its_id(patch: pytest.MonkeyPatch) -> None:
    """Items may be known by their content, too."""
    patch.setattr(judge, "_named_by_content", lambda rows, _: [False] * len(rows.deliveries))


def one_system(patch: pytest.MonkeyPatch) -> None:
    """The unit may have another system."""
    patch.setattr(judge, "_alone", lambda rows, _: [True] * len(rows.deliveries))


def one_national_id(patch: pytest.MonkeyPatch) -> None:
    """An item may name its person by several ids."""
    patch.setattr(persons, "_several", lambda _: frozenset())


def no_right(patch: pytest.MonkeyPatch) -> None:
    """The person may have rights, or a stop mark."""
    patch.setattr(persons, "_protected", lambda *_: frozenset())


def no_shared_person(patch: pytest.MonkeyPatch) -> None:
    """A person may be shared with items that go item by item."""

    def only_unclear(_: Any, unclear: Any, __: Any, judged: Any) -> None:
        for row in unclear:
            judged.outcomes[row] = None

    patch.setattr(shared, "_send_away", only_unclear)


def one_id_in_the_ledger(patch: pytest.MonkeyPatch) -> None:
    """A unit's own person may have been reported under another id."""
    patch.setattr(shared, "read_known_ids", lambda _: {})


def identity_is_new(patch: pytest.MonkeyPatch) -> None:
    """Every item writes an identity record."""
    patch.setattr(identities, "person_entry_key", lambda key: b"nothing" + key)


def in_order(patch: pytest.MonkeyPatch) -> None:
    """Plain items come after all others."""
    patch.setattr(plain.Joining, "write_before", lambda *_: None)


def all_are_processed(patch: pytest.MonkeyPatch) -> None:
    """A plan holds, whichever deliveries are refused after all."""

    class Anything(dict[Any, Any]):
        def keys(self) -> Any:
            return set()

    patch.setattr(both_ways, "plan_batch", lambda *said: Anything(plan_batch(*said)))


def by_delivery(patch: pytest.MonkeyPatch) -> None:
    """Items are decided in the order of their frames."""
    patch.setattr(gather, "sorted", lambda rows, **_: rows, raising=False)


CONDITIONS: tuple[Patch, ...] = (
    once_in_the_batch,
    nothing_open,
    known_by_its_id,
    one_system,
    one_national_id,
    no_right,
    no_shared_person,
    one_id_in_the_ledger,
    identity_is_new,
    in_order,
    all_are_processed,
    by_delivery,
)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: c.__name__)
def test_a_condition_that_is_taken_away_is_reported(
    condition: Patch, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup, KeyError)):
        _compare()


def _compare() -> None:
    decide_directed()
    ENOUGH(given(histories, rights, policies)(decide_all))()
    try:
        run_state_machine_as_test(BothWays, settings=ENOUGH)
    except AbortNeededError as aborted:
        raise aborted.__cause__ or aborted from None  # a lane aborts, whatever its decision raises
