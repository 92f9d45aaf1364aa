"""Make the small world: visits, exports, truth, and the expected counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.connectors.mapping.table import table_of
from kpr_stream.errors import DiskError, UsageError
from kpr_stream.model.words import OUTCOMES, SYSTEMS, MessageType, Operation, Outcome
from kpr_stream.simulate.fhir.carried import carried
from kpr_stream.simulate.fhir.states import changes, states
from kpr_stream.simulate.fhir.write import write_snapshots
from kpr_stream.simulate.identifiers import IdPool
from kpr_stream.simulate.small.calendar import FIRST_DAY, LAST_DAY, Slot
from kpr_stream.simulate.small.care import Content, World, visits
from kpr_stream.simulate.small.entries import Entry
from kpr_stream.simulate.small.history import Resent, draw_resent, history
from kpr_stream.simulate.small.places import Unit, units
from kpr_stream.simulate.small.truth import Receiver
from kpr_stream.simulate.small.write import file_name, unit_json

TRUTH_FILE = "truth.jsonl"
EXPECTED_FILE = "expected.json"
SOFTWARE_VERSION = "sim-1"
APPOINTMENT_SHARE = 0.25
MESSAGE_TYPES = (MessageType.CONSULTATION, MessageType.APPOINTMENT)
_IN_APPOINTMENT = (
    "start",
    "consultation_type",
    "attendance",
    "department_id",
    "person_local_id",
    "fnr",
    "dnr",
    "duf",
    "birth_date",
    "sex",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. ``consultations`` are distinct visits; resends are not counted."""

    consultations: int
    seed: int
    municipalities: int
    fhir: bool = False
    """Systems whose mapping table has rows for FHIR write snapshots in place of export files."""


Histories = dict[MessageType, list[Slot]]


def simulate(plan: Plan, out: Path) -> dict[str, Any]:
    """Write exports and truth under ``out``. Returns the expected counts of ``expected.json``.

    UsageError if the folder already holds something, DiskError if it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise UsageError(
                f"The folder {out} is not empty.", what_to_do="Name a new or an empty folder."
            )
        return _write(plan, out)
    except OSError as cause:
        raise DiskError(
            f"The folder {out} cannot be written: {cause.strerror}.",
            what_to_do="Make room, or name another folder.",
        ) from None


def _write(plan: Plan, out: Path) -> dict[str, Any]:
    all_units = units(plan.municipalities)
    shares = _shares([unit.weight for unit in all_units], plan.consultations)
    counted: dict[str, int] = dict(zip((u.org_nr for u in all_units), shares, strict=True))
    expected: dict[str, Any] = {"seed": plan.seed, "total": _no_counts(), "systems": {}}
    with (out / TRUTH_FILE).open("w", encoding="utf-8", newline="\n") as truth:
        for system in SYSTEMS:
            profile = synthetic_profile(system)
            for series in _series([u for u in all_units if u.system is system], profile):
                # One random generator for the whole series, and one for each unit.
                resent = draw_resent(Random(f"{plan.seed}/{system}/{series[0].org_nr}"))
                made = [_histories(plan.seed, u, counted[u.org_nr], resent) for u in series]
                folder = out / system
                if not profile.many_units:
                    folder /= series[0].org_nr
                if plan.fhir and table_of(system).fhir is not None:
                    receivers = _fhir_series(folder, series, made, profile, expected)
                else:
                    _write_series(folder, series, made, profile)
                    receivers = [
                        _receive(unit, one, expected)
                        for unit, one in zip(series, made, strict=True)
                    ]
                for receiver in receivers:
                    for line in receiver.records(ids_as_numbers=profile.ids_as_numbers):
                        truth.write(_compact(line) + "\n")
    (out / EXPECTED_FILE).write_text(json.dumps(expected, indent=1) + "\n", "utf-8")
    return expected


def _series(found: list[Unit], profile: Profile) -> Iterator[list[Unit]]:
    """Yield the units that share export files: all of an installation, or each alone."""
    if profile.many_units:
        if found:
            yield found
    else:
        yield from ([unit] for unit in found)


def _shares(weights: list[int], total: int) -> list[int]:
    """Return whole numbers in proportion to the weights, with the sum ``total``."""
    ends = [total * upto // sum(weights) for upto in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _histories(seed: int, unit: Unit, count: int, resent: Resent) -> Histories:
    random = Random(f"{seed}/{unit.org_nr}")
    world = World(unit, random, IdPool(), FIRST_DAY, LAST_DAY)
    happened = sorted(visits(world, count), key=lambda visit: visit["start"])
    consultations, appointments = [], []
    for number, content in enumerate(happened):
        booked = random.random() < APPOINTMENT_SHARE
        appointment_id = f"A{number:08}" if booked else None
        linked = {"appointment_id": appointment_id, **content} if booked else content
        consultations.append(_entry(MessageType.CONSULTATION, _local_id(unit, number), linked))
        if booked:
            part = {name: content[name] for name in _IN_APPOINTMENT}
            appointments.append(_entry(MessageType.APPOINTMENT, appointment_id, part))
    return {
        MessageType.CONSULTATION: history(consultations, random, resent),
        MessageType.APPOINTMENT: history(appointments, random, resent),
    }


def _entry(message_type: MessageType, local_id: str | None, content: Content) -> Entry:
    return Entry(message_type, Operation.UPSERT, local_id, content)


def _local_id(unit: Unit, number: int) -> str:
    """Return an id as the system makes it: a running number of the unit, or a long text."""
    if profile_of(unit.system).many_units:
        return f"HP.{unit.org_nr}.FELLES-INSTALLASJON.HELSESTASJON-OG-SKOLE.KONTAKT.{number:08}"
    return f"{70_000 + number}"


def _write_series(
    folder: Path, series: list[Unit], made: list[Histories], profile: Profile
) -> None:
    _make_folder(folder, profile)
    number = 0
    for turn in range(len(made[0][MessageType.CONSULTATION])):
        for message_type in MESSAGE_TYPES:
            slots = [one[message_type][turn] for one in made]
            number += 1
            objects = [
                unit_json(unit, message_type, slot, profile)
                for unit, slot in zip(series, slots, strict=True)
            ]
            path = folder / file_name(number, message_type, slots[0])
            path.write_text(_compact(objects) + "\n", "utf-8")


def _fhir_series(
    folder: Path,
    series: list[Unit],
    made: list[Histories],
    profile: Profile,
    expected: dict[str, Any],
) -> list[Receiver]:
    """Write the snapshots of a series; return what has received the changes between them."""
    _make_folder(folder, profile)
    found = [
        (unit, states(unit.org_nr, carried(one))) for unit, one in zip(series, made, strict=True)
    ]
    write_snapshots(folder, found, profile)
    receivers = []
    for unit, snapshots in found:
        receiver, into = Receiver(unit), _counts_of(unit, expected)
        for turn, (state, _, entries) in enumerate(changes(snapshots)):
            for entry in entries:
                _count(into, receiver.take(entry, (state.extracted_at, turn)))
        receivers.append(receiver)
    return receivers


def _make_folder(folder: Path, profile: Profile) -> None:
    folder.mkdir(parents=True)
    sidecar = {"softwareVersion": f"{profile.system}-{SOFTWARE_VERSION}"}
    (folder / "export.json").write_text(_compact(sidecar) + "\n", "utf-8")


def _receive(unit: Unit, made: Histories, expected: dict[str, Any]) -> Receiver:
    receiver, into = Receiver(unit), _counts_of(unit, expected)
    for message_type in MESSAGE_TYPES:
        for turn, slot in enumerate(made[message_type]):
            for entry in (*slot.deletions, *slot.upserts):
                _count(into, receiver.take(entry, (slot.extracted_at, turn)))
    return receiver


def _counts_of(unit: Unit, expected: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the counts that an item of a unit belongs to."""
    system = expected["systems"].setdefault(
        unit.system, {**_no_counts(), "municipalities": {}, "units": {}}
    )
    municipality = system["municipalities"].setdefault(unit.municipality_code, _no_counts())
    own = system["units"].setdefault(
        unit.org_nr, {"municipality_code": unit.municipality_code, **_no_counts()}
    )
    return expected["total"], system, municipality, own


def _no_counts() -> dict[str, Any]:
    return {"items_sent": 0, "outcomes": {str(outcome): 0 for outcome in OUTCOMES}}


def _count(into: Iterable[dict[str, Any]], outcome: Outcome) -> None:
    for counts in into:
        counts["items_sent"] += 1
        counts["outcomes"][outcome] += 1


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
