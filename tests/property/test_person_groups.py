"""Groups of linked person keys: whatever the order, whatever comes and goes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.analytics.groups import KeyFacts, is_one_person, linked_groups
from kpr_stream.model.person_id import IdKind
from tests.support.examples import examples

KEYS = [UUID(int=number) for number in range(8)]
WEEKS = (None, date(2019, 1, 7), date(2019, 1, 14))
Links = list[tuple[UUID, UUID]]

facts = st.builds(
    KeyFacts,
    id_kind=st.sampled_from([None, *IdKind]),
    birth_week=st.sampled_from(WEEKS),
    sex=st.sampled_from([None, "1", "2"]),
)
people = st.fixed_dictionaries(dict.fromkeys(KEYS, facts))
agreeing = st.fixed_dictionaries(
    dict.fromkeys(KEYS, st.builds(KeyFacts, id_kind=st.just(IdKind.LOCAL.value)))
)
links = st.lists(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda two: two[0] < two[1]),
    unique=True,
)


def members(groups: dict[UUID, UUID]) -> set[frozenset[UUID]]:
    return {
        frozenset(key for key, group in groups.items() if group == one)
        for one in set(groups.values())
    }


@settings(max_examples=examples(300), deadline=None)
@given(people, links, st.randoms(use_true_random=False))
def test_the_order_of_keys_and_links_changes_nothing(
    known: dict[UUID, KeyFacts], linked: Links, order: object
) -> None:
    shuffled, keys = [(b, a) for a, b in linked], list(known)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    order.shuffle(keys)  # type: ignore[attr-defined]
    assert linked_groups({key: known[key] for key in keys}, shuffled) == linked_groups(
        known, linked
    )


@settings(max_examples=examples(300), deadline=None)
@given(people, links)
def test_no_group_contradicts_itself_and_each_is_named_by_a_member(
    known: dict[UUID, KeyFacts], linked: Links
) -> None:
    groups = linked_groups(known, linked)
    assert groups.keys() == known.keys()
    for group in members(groups):
        assert is_one_person([known[key] for key in group])
        assert len({groups[key] for key in group} & group) == 1


@settings(max_examples=examples(300), deadline=None)
@given(agreeing, links)
def test_a_link_unites_and_its_removal_divides(known: dict[UUID, KeyFacts], linked: Links) -> None:
    """Where nothing contradicts, groups are what a plain search over the links reaches."""
    groups = linked_groups(known, linked)
    for key in known:
        reached = {key}
        for _ in KEYS:
            reached |= {b for a, b in linked if a in reached} | {
                a for a, b in linked if b in reached
            }
        assert {other for other in known if groups[other] == groups[key]} == reached
    for link in linked:
        apart = linked_groups(known, [one for one in linked if one != link])
        assert len(members(apart)) - len(members(groups)) in (0, 1)
        if apart != groups:
            assert apart[link[0]] != apart[link[1]]


@settings(max_examples=examples(300), deadline=None)
@given(people, links)
def test_what_is_not_connected_changes_nothing(known: dict[UUID, KeyFacts], linked: Links) -> None:
    """So a refresh may compute the touched groups alone."""
    far = UUID(int=99), UUID(int=98)
    more = linked_groups(known | dict.fromkeys(far, KeyFacts()), [*linked, (far[1], far[0])])
    assert {key: more[key] for key in known} == linked_groups(known, linked)
