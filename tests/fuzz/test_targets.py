"""The fuzz targets hold for their own seeds, and can fail."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest

from tests.fuzz import targets

EVERY = 12
"""Every twelfth seed is enough: these tests are about the targets, not about the receiver."""


@pytest.mark.parametrize("name", list(targets.TARGETS))
def test_the_seeds_hold(name: str) -> None:
    mine = [data for target, data in targets.seeds() if target == name]
    assert mine
    for data in islice(mine, 0, None, EVERY if len(mine) > EVERY else 1):
        targets.TARGETS[name](data)


@pytest.mark.parametrize("target", list(targets.TARGETS.values()))
@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01Obj\x01", b"\xff" * 40])
def test_any_bytes_are_an_input(target: Callable[[bytes], None], data: bytes) -> None:
    target(data)


def test_a_rule_that_raises_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kpr_stream.processor.frame.prepare.validate", broken)
    with pytest.raises(ZeroDivisionError):
        targets.rules(b"\x00\x01")
