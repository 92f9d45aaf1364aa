"""Look up the metrics of all processes at one time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[str, ...]
"""Values of the labels that were asked for, in their order."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one process."""

    address: str
    labels: Mapping[str, str]
    value: float

    def key(self, labels: Iterable[str]) -> Labels:
        """Return the values of labels; an empty text for one that it does not have."""
        return tuple(
            self.address if label == ADDRESS else self.labels.get(label, "") for label in labels
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one process has answered: its metrics as text, or why there are none."""

    process: str
    name: str
    address: str
    text: str | None
    why_not: str | None = None


ADDRESS: Final = "address"
"""Asks for the process that serves a sample, as if its address were a label."""
_KEPT: Final = "kpr_"
"""Metrics of the project; the others of a process are not read."""


class Samples:
    """The samples of all readings of one time; ``at`` in seconds since 1970."""

    def __init__(self, readings: Iterable[Reading], *, at: float) -> None:
        """A reading whose text is not what Prometheus reads becomes one without an answer."""
        self.readings: list[Reading] = []
        self.at = at
        self._samples: defaultdict[str, list[Sample]] = defaultdict(list)
        for reading in readings:
            try:
                found = list(_parsed(reading))
            except ValueError:
                self.readings.append(replace(reading, text=None, why_not="it serves no metrics"))
                continue
            self.readings.append(reading)
            for name, sample in found:
                self._samples[name].append(sample)

    def of(self, name: str) -> list[Sample]:
        """Return every sample of a name; none if no process serves it."""
        return self._samples.get(name, [])

    def by(
        self, name: str, *labels: str, of: Callable[[float, float], float] = max
    ) -> dict[Labels, float]:
        """Return the samples of a name by these labels; ``of`` joins those that share them.

        ``max`` is right for what several exporters say of one thing, ``add`` for what each process
        counts on its own.
        """
        found: dict[Labels, float] = {}
        for sample in self.of(name):
            key = sample.key(labels)
            found[key] = of(found[key], sample.value) if key in found else sample.value
        return found

    def one(self, name: str) -> float | None:
        """Return the greatest sample of a name, or None."""
        return max((sample.value for sample in self.of(name)), default=None)


def _parsed(reading: Reading) -> Iterator[tuple[str, Sample]]:
    if reading.text is None:
        return
    for family in text_string_to_metric_families(reading.text):
        if family.name.startswith(_KEPT):
            for sample in family.samples:
                yield sample.name, Sample(reading.address, sample.labels, sample.value)


def increases(before: Samples, now: Samples, name: str, *labels: str) -> dict[Labels, float]:
    """Return by how much a counter grew between two readings, by labels.

    A process that has started meanwhile counts from zero. One that was not read before counts
    nothing: its total may be of days.
    """
    earlier = {(one.address, *one.labels.values()): one.value for one in before.of(name)}
    read_before = {one.address for one in before.readings if one.text is not None}
    found: dict[Labels, float] = {}
    for sample in now.of(name):
        if sample.address not in read_before:
            continue
        past = earlier.get((sample.address, *sample.labels.values()), 0.0)
        grown = sample.value - past if sample.value >= past else sample.value
        key = sample.key(labels)
        found[key] = found.get(key, 0.0) + grown
    return found
