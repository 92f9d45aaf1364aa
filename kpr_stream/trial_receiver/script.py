"""Read a script of faults: a TOML file of steps, each after a number of deliveries. Pure.

```toml
[[step]]
after = 2                # records that came since the step before
fault = "lose_receipts"  # a word of FaultKind
count = 3                # optional
seconds = 5              # optional, of broker_away
org_nr = "310000000"     # optional: for this unit alone
```
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.errors import UsageError
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.trial_receiver.faults import MOST_AWAY_S, MOST_COUNT, FaultKind, PlayedFault

MOST_STEPS: Final = 1_000
_MEMBERS: Final = frozenset({"after", "fault", "count", "seconds", "org_nr"})


@dataclass(frozen=True, slots=True)
class Step:
    """A fault, and how many records must come after the step before it is played."""

    after: int
    fault: PlayedFault


@dataclass(slots=True)
class Script:
    """The steps that are still to be played."""

    steps: list[Step]
    _came: int = 0

    def after_record(self) -> list[PlayedFault]:
        """Count one more record; return the faults that are due now, in their order."""
        self._came += 1
        return self.due()

    def due(self) -> list[PlayedFault]:
        """Return the faults that need no further record, in their order."""
        found = []
        while self.steps and self.steps[0].after <= self._came:
            step = self.steps.pop(0)
            found.append(step.fault)
            self._came -= step.after
        return found


def read_script(text: str) -> Script:
    """Return the script of a file. UsageError names the step and what is wrong with it."""
    try:
        steps = tomllib.loads(text).get("step", [])
    except tomllib.TOMLDecodeError as cause:
        raise _wrong(f"it is no TOML: {cause}") from None
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
        raise _wrong(f"it must hold 1 to {MOST_STEPS} tables [[step]]")
    return Script([_step(number, step) for number, step in enumerate(steps, start=1)])


def read_fault(found: Any, where: str) -> PlayedFault:  # noqa: ANN401 - any JSON or TOML value
    """Return a fault from its members; UsageError names ``where`` and what is wrong."""
    if not isinstance(found, dict):
        raise _wrong(f"{where} is not an object with members")
    if unknown := set(found) - _MEMBERS:
        raise _wrong(f"{where} has the unknown member {min(unknown)}")
    try:
        kind = FaultKind(found.get("fault", ""))
    except ValueError:
        raise _wrong(f"the fault of {where} is not one of {', '.join(FaultKind)}") from None
    count, seconds, org_nr = found.get("count", 1), found.get("seconds", 5), found.get("org_nr")
    if not _number(count, 0, MOST_COUNT):
        raise _wrong(f"the count of {where} is not a number from 0 to {MOST_COUNT}")
    if kind is FaultKind.RECEIPT_VERSION and count not in (1, 2):
        raise _wrong(f"the count of {where} is not a version of the receipt: 1 or 2")
    if not _number(seconds, 0, MOST_AWAY_S):
        raise _wrong(f"the seconds of {where} are not from 0 to {MOST_AWAY_S:.0f}")
    if org_nr is not None and not _is_unit(org_nr):
        raise _wrong(f"the org_nr of {where} is not an org number in quotes")
    if kind is FaultKind.ANOTHER_SENDER and org_nr is None:
        raise _wrong(f"{where} needs the org_nr of the unit")
    return PlayedFault(kind=kind, count=int(count), seconds=float(seconds), org_nr=org_nr)


def _step(number: int, step: Any) -> Step:  # noqa: ANN401 - any TOML value
    where = f"step {number}"
    if not isinstance(step, dict):
        raise _wrong(f"{where} is not a table")
    after = step.get("after", 0)
    if not _number(after, 0, MOST_COUNT):
        raise _wrong(f"after of {where} is not a number from 0 to {MOST_COUNT}")
    return Step(int(after), read_fault(step, where))


def _is_unit(value: Any) -> bool:  # noqa: ANN401 - any JSON or TOML value
    return isinstance(value, str) and is_org_nr(value, synthetic_too=True)


def _number(value: Any, least: float, most: float) -> bool:  # noqa: ANN401 - any TOML value
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _wrong(what: str) -> UsageError:
    return UsageError(
        f"The script of faults cannot be used: {what}.",
        what_to_do="docs/vendor/sandbox.md has an example of each fault.",
    )
