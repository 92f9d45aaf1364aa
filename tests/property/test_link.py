"""Links over any history of one unit: what stands has its reason, and a rebuild knows the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model import topics
from kpr_stream.model.link import Evidence, Pair
from kpr_stream.processor.remember_links import LINK_MARK, first_and_second, read_link
from kpr_stream.schemas.header import HeaderStatus
from tests.deliveries import consultation, source_record, synthetic_id
from tests.receiver import Receiver

BORN: Final = consultation()["birth_date"]
IDS: Final[tuple[dict[str, str | None], ...]] = (
    {"fnr": synthetic_id(BORN, 1)},
    {"fnr": synthetic_id(BORN, 2)},
    {"fnr": synthetic_id(BORN, 1), "dnr": synthetic_id(BORN, 3, day_plus=40)},
    {"fnr": synthetic_id(BORN, 2), "dnr": synthetic_id(BORN + timedelta(1), 4, day_plus=40)},
    {"dnr": synthetic_id(BORN, 3, day_plus=40)},
    {"dnr": synthetic_id(BORN + timedelta(1), 4, day_plus=40), "duf": "201012345678"},
    {"duf": "201012345678"},
    {},
)
NOTHING: Final = {"fnr": None, "dnr": None, "duf": None}

items = st.builds(
    lambda number, ids, local, born, delete: consultation(
        number,
        **{**NOTHING, **ids, "person_local_id": local, "sex": "2"},
        birth_date=BORN + timedelta(born),
        operation="delete" if delete else "upsert",
    ),
    st.integers(0, 2),
    st.sampled_from(IDS),
    st.sampled_from(["p", "p", "q", None]),
    st.sampled_from([0, 0, 1]),
    st.sampled_from([False, False, False, True]),
)
histories = st.lists(st.lists(items, min_size=1, max_size=3), min_size=1, max_size=6)


def lived(history: list[list[dict[str, Any]]]) -> Receiver:
    receiver = Receiver()
    for n, delivery in enumerate(history):
        receiver.take(source_record(delivery, sequence=n + 1, offset=n))
    return receiver


def standing(receiver: Receiver) -> dict[Pair, bytes]:
    """Links that stand, and what each rests on."""
    return {
        Pair(*first_and_second(key)): read_link(entry).rests_on
        for key, entry in receiver.ledger.items()
        if key[:1] == LINK_MARK and read_link(entry).stands
    }


@settings(max_examples=60)
@given(histories)
def test_a_cold_rebuild_knows_the_same_links(history: list[list[dict[str, Any]]]) -> None:
    receiver = lived(history)
    links = {k: v for k, v in receiver.ledger.items() if k[:1] in b"ljep"}
    for compacted in (False, True):
        rebuilt = receiver.rebuilt(compacted=compacted)
        assert {k: v for k, v in rebuilt.items() if k[:1] in b"ljep"} == links


@settings(max_examples=60)
@given(histories)
def test_what_stands_rests_on_a_live_consultation_or_on_links_that_stand(
    history: list[list[dict[str, Any]]],
) -> None:
    receiver = lived(history)
    links = standing(receiver)
    live = {
        bytes.fromhex(record.key.decode()): record.header
        for record in receiver.log[topics.CONSULTATION]
    }
    for pair, rests_on in links.items():
        if rests_on in live:
            assert live[rests_on].status is HeaderStatus.LIVE
            assert live[rests_on].person_key == pair.person
        else:
            assert {Pair(pair.person, rests_on), Pair(pair.other, rests_on)} <= links.keys()


@settings(max_examples=40)
@given(histories)
def test_when_everything_is_deleted_no_link_stands(history: list[list[dict[str, Any]]]) -> None:
    gone = [consultation(number, operation="delete") for number in range(3)]
    assert standing(lived([*history, gone])) == {}


@settings(max_examples=40)
@given(histories)
def test_what_was_withdrawn_was_made_before_and_evidence_is_named(
    history: list[list[dict[str, Any]]],
) -> None:
    stands: dict[str, bool] = {}
    for link in lived(history).read(topics.IDENTITY_LINK, "identity_link"):
        assert stands.get(link["link_key"], False) is link["withdrawn"]
        assert link["evidence"] in {Evidence.SAME_ITEM, Evidence.SAME_LOCAL_PERSON}
        stands[link["link_key"]] = not link["withdrawn"]
