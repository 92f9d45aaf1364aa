"""All tables of a report under disclosure control, together."""

from __future__ import annotations

import numpy as np
import pytest

from kpr_stream.analytics.disclosure.protect import protect
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.report.frames import ShareTopic
from kpr_stream.analytics.report.release import tables
from tests.unit.analytics.report.nation import nation, releases


@pytest.mark.parametrize("topic", ShareTopic)
def test_a_group_that_is_hidden_in_one_share_is_hidden_in_all_of_its_topic(
    topic: ShareTopic,
) -> None:
    found = [one.hidden for name, one in releases().items() if name.startswith(topic.value)]
    assert len(found) > 1
    groups = np.stack([hidden[:, 0] for hidden in found])
    assert (groups == groups[0]).all()
    assert groups[0].any()
    for hidden in found:
        assert hidden[groups[0]].all(), "with all of its parts"


def test_without_alignment_two_shares_hide_different_groups() -> None:
    alone = {
        name: protect(table, DisclosureRule()).hidden[:, 0].tolist()
        for name, table in tables(nation()).items()
        if name.startswith(ShareTopic.BREASTFEEDING.value)
    }
    assert len({tuple(groups) for groups in alone.values()}) > 1


def test_what_is_hidden_stays_hidden() -> None:
    for one in releases().values():
        assert one.hidden[one.sensitive].all()
