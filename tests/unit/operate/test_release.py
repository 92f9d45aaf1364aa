"""A release is stopped only if somebody has it."""

from __future__ import annotations

from typing import Any

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.operate.release import by_release, require_release


def state(system: str, version: str, **more: Any) -> dict[str, Any]:
    fields = {"items": 1, "rejected": 0, "stopped_since": None, "stopped_by": None}
    return {"system": system, "software_version": version} | fields | more


FOUND = by_release(
    [
        state("eg-infodoc", "7.1.0"),
        state("eg-infodoc", "7.1.1", stopped_since=1, stopped_by="limits"),
        state("eg-infodoc", "Infodoc 6"),
        state("visma-hspro", "2026.3"),
    ]
)


@pytest.mark.parametrize("version", ["7.1.0", "7.1.1", "Infodoc 6"])
def test_a_release_that_has_delivered_may_be_stopped_or_resumed(version: str) -> None:
    require_release(FOUND, "eg-infodoc", version)


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        ("7.1", "The nearest versions: 7.1.1, 7.1.0."),
        ("7.1.0 ", "The nearest versions: 7.1.0, 7.1.1."),
        ("infodoc6", "The nearest versions: Infodoc 6."),
        ("", "release list"),
        ("2026.3", "release list"),
    ],
)
def test_a_version_that_nobody_has_is_refused_with_the_nearest_names(
    version: str, nearest: str
) -> None:
    with pytest.raises(UsageError, match="No unit has delivered from eg-infodoc") as refused:
        require_release(FOUND, "eg-infodoc", version)
    assert nearest in refused.value.what_to_do
    assert refused.value.exit_code == 2


def test_nothing_is_near_where_nothing_has_delivered() -> None:
    with pytest.raises(UsageError, match=r"with software version '7\.1'"):
        require_release([], "eg-infodoc", "7.1")
