"""The results of all rounds: medians and ratios. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.figures import Figures, Round, all_rounded, medians
from bench.peers.measure import Measured

REFERENCE: Final = "plain-loop"


def figures(measured: Measured, items: int, doubles: int) -> Figures:
    """Return the figures of a run over ``items`` items, those sent twice included."""
    return {
        "items_a_second": items / measured.seconds,
        "cpu_microseconds_an_item": 1e6 * measured.cpu_seconds / items,
        "peak_mb": measured.peak_mb,
        "doubles": float(doubles),
    }


def by_size(rounds: Sequence[Mapping[str, Round]]) -> dict[str, Any]:
    """Return medians, ratios and all rounds, for each size of deliveries."""
    found = {}
    for size in rounds[0]:
        own = _of_every_round([one[size] for one in rounds])
        middle = medians(own)
        found[size] = {
            "medians": middle,
            "ratio_to_plain_loop": ratios(middle),
            "all_rounds": all_rounded(own),
        }
    return found


def ratios(found: Mapping[str, Figures]) -> dict[str, float]:
    """Return each peer's items a second by those of the plain loop; empty if that did not run."""
    if REFERENCE not in found:
        return {}
    plain = found[REFERENCE]["items_a_second"]
    return {name: round(own["items_a_second"] / plain, 2) for name, own in found.items()}


def _of_every_round(rounds: Sequence[Round]) -> list[Round]:
    """Leave out a peer that failed in a round."""
    names = [name for name in rounds[0] if all(name in one for one in rounds)]
    return [{name: one[name] for name in names} for one in rounds]
