"""The items of a frame are those of a list, whether they are made at once, some, or elsewhere."""

from __future__ import annotations

import pickle

from kpr_stream.model.delivery import Prepared
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.items.framed import FrameItems
from kpr_stream.reference import load_reference
from tests.support.deliveries import consultation, opened

CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())


def framed() -> tuple[FrameItems, FrameItems]:
    first = [consultation(n) for n in range(3)]
    second = [consultation(7), consultation(8, start=None), consultation(9, weight_g=30)]
    found = prepare([opened(first), opened(second, sequence=2)], CONTEXT)
    items = [one.items for one in found if isinstance(one, Prepared)]
    assert all(isinstance(one, FrameItems) for one in items)
    return items[0], items[1]  # type: ignore[return-value] # asserted above


def test_each_delivery_has_its_own() -> None:
    first, second = framed()
    assert [item.local_id for item in first] == ["k-0", "k-1", "k-2"]
    assert [item.local_id for item in second] == ["k-7", "k-8", "k-9"]
    assert [item.index for item in second] == [0, 1, 2]
    assert [item.rejected for item in second] == [False, True, False]
    head, *rest = second
    assert (len(second), second[0], second[1:]) == (3, head, rest)


def test_some_rows_give_the_same_items_as_all() -> None:
    _, second = framed()
    some = second.framed.take([5, 3]).items()
    assert some == [second[2], second[0]]
    assert second.framed.take([4]).items()[0].raw == second[1].raw


def test_a_copy_for_another_process_is_a_tuple_of_items() -> None:
    _, second = framed()
    copied = pickle.loads(pickle.dumps(second))  # noqa: S301 - as between our own processes
    assert isinstance(copied, tuple)
    assert second == copied
    assert second != copied[:2]
