"""Who is one person, by links between keys."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from kpr_stream.analytics.groups import KeyFacts, linked_groups

FNR, DNR, LOCAL, OTHER = (UUID(int=number) for number in (9, 8, 7, 6))
WEEK, OTHER_WEEK = date(2019, 1, 7), date(2019, 1, 14)


def test_a_newborn_known_by_a_local_id_is_the_child_of_the_number() -> None:
    keys = {FNR: KeyFacts("fnr", WEEK, "1"), LOCAL: KeyFacts("local", WEEK, "1")}
    assert linked_groups(keys, [(LOCAL, FNR)]) == {FNR: FNR, LOCAL: FNR}


def test_a_person_has_a_d_number_and_then_another() -> None:
    keys = {DNR: KeyFacts("dnr"), FNR: KeyFacts("fnr"), LOCAL: KeyFacts("local")}
    assert set(linked_groups(keys, [(LOCAL, DNR), (DNR, FNR)]).values()) == {FNR}


def test_twins_under_one_local_id_remain_two_and_the_local_id_a_third() -> None:
    """Nobody can tell which of them the local id is."""
    keys = {FNR: KeyFacts("fnr", WEEK), OTHER: KeyFacts("fnr", WEEK), LOCAL: KeyFacts("local")}
    groups = linked_groups(keys, [(LOCAL, FNR), (OTHER, LOCAL)])
    assert groups == {key: key for key in keys}


def test_a_link_between_two_weeks_of_birth_or_two_sexes_is_ignored() -> None:
    for other in (KeyFacts("local", OTHER_WEEK, "1"), KeyFacts("local", WEEK, "2")):
        keys = {FNR: KeyFacts("fnr", WEEK, "1"), LOCAL: other, OTHER: KeyFacts("local", WEEK)}
        groups = linked_groups(keys, [(LOCAL, FNR), (OTHER, FNR)])
        assert groups == {FNR: FNR, OTHER: FNR, LOCAL: LOCAL}


def test_a_contradiction_over_others_divides_its_group_alone() -> None:
    keys = {
        FNR: KeyFacts("fnr", WEEK),
        LOCAL: KeyFacts("local"),
        OTHER: KeyFacts("local", OTHER_WEEK),
        DNR: KeyFacts("dnr"),
        UUID(int=1): KeyFacts("local"),
    }
    groups = linked_groups(keys, [(FNR, LOCAL), (LOCAL, OTHER), (UUID(int=1), DNR)])
    assert groups == {FNR: FNR, LOCAL: LOCAL, OTHER: OTHER, DNR: DNR, UUID(int=1): DNR}
