"""Deliveries, commands and an export with texts that no log may ever show. Ids are synthetic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any, Final

from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, System
from tests.integration.at_work import Vendors, altered, units_of_lane
from tests.support.commands import command_record
from tests.support.deliveries import consultation, synthetic_id
from tests.unit.connectors import exports

BORN: Final = date(2019, 5, 17)
_IDS: Final = iter(range(1, 40))


def _id() -> str:
    return synthetic_id(BORN, next(_IDS))


CANARIES: Final[Mapping[str, str]] = {
    "national id of an accepted item": _id(),
    "national id of a rejected item": _id(),
    "national id in bytes that are no delivery": _id(),
    "national id in bytes that are no payload": _id(),
    "national id of a refused delivery": _id(),
    "national id as software version": _id(),
    "national id as municipality": _id(),
    "national id as id of a delivery": _id(),
    "national id as contract version": _id(),
    "national id as type of message": _id(),
    "national id as org number": _id(),
    "national id in a command": _id(),
    "national id in a command on its topic": _id(),
    "national id in an export": _id(),
    "national id in a broken export": _id(),
    "id of a consultation": "Kanari-konsultasjon-æ-77120391",
    "id of a person in its journal": "Kanari-person-ø-55381207",
    "id of a consultation in an export": "Kanari-eksport-å-90412276",
    "weight": "97318462",
    "breastfeeding": "KANARIAMMET-4419",
    "practitioner": "Kanarisøster Åse Ødegård 8812",
}
"""What is planted, by where."""
_BEYOND: Final = 60
"""Units of a lane that the simulated populations of other tests have."""
EXPORTING: Final = System.CGM_HELSESTASJON


def reporting_units() -> list[tuple[str, System]]:
    """Return a unit for each lane and system."""
    return [
        (units_of_lane(lane, _BEYOND + len(SYSTEMS))[_BEYOND + place], system)
        for lane, (place, system) in product(range(PARTITIONS), enumerate(SYSTEMS))
    ]


def exporting_unit() -> str:
    """Return the unit of the export."""
    return _another(0)


def items(national_id: str) -> list[dict[str, Any]]:
    """Return an item that is accepted and one that is rejected."""
    planted = {
        "consultation_id": CANARIES["id of a consultation"],
        "person_local_id": CANARIES["id of a person in its journal"],
        "weight_g": int(CANARIES["weight"]),
        "breastfeeding": CANARIES["breastfeeding"],
        "practitioner_roles": [CANARIES["practitioner"]],
        "birth_date": BORN,
    }
    rejected = CANARIES["id of a consultation"] + "-rejected"
    return [
        consultation(1, **planted, fnr=national_id),
        consultation(2, **planted | {"consultation_id": rejected, "start": None})
        | {"fnr": CANARIES["national id of a rejected item"]},
    ]


def good_deliveries(vendors: Vendors, sequence: int) -> list[SourceRecord]:
    """Return a delivery of each unit, which is processed."""
    carried = items(CANARIES["national id of an accepted item"])
    return [
        vendors.delivery(
            [*carried, consultation(10 + sequence)],
            system=system,
            org_nr=unit,
            sequence=sequence,
        )
        for unit, system in reporting_units()
    ]


def bad_deliveries(vendors: Vendors) -> Iterator[tuple[str, SourceRecord]]:
    """Yield what is refused or noted, with the reason of its receipt; `processed` if it has none.

    Each is the first delivery of a unit of its own.
    """
    carried = items(CANARIES["national id of a refused delivery"])
    envelopes: list[tuple[str, dict[str, Any]]] = [
        ("COUNT_MISMATCH", {"item_count": 7}),
        ("processed", {"software_version": CANARIES["national id as software version"]}),
        ("", {"municipality_code": CANARIES["national id as municipality"]}),
        ("", {"delivery_id": CANARIES["national id as id of a delivery"]}),
        ("", {"contract_version": CANARIES["national id as contract version"]}),
        ("", {"message_type": "consultation", "district_code": CANARIES["practitioner"]}),
        ("", {"software_version": CANARIES["practitioner"] + CANARIES["weight"]}),
    ]
    numbers = iter(range(1, 40))
    for system in SYSTEMS:
        for reason, envelope in envelopes:
            unit = _another(next(numbers))
            yield reason, vendors.delivery(carried, system=system, org_nr=unit, **envelope)
        person = CANARIES["national id as org number"]
        yield "", vendors.delivery(carried, system=system, org_nr=person)
        no_payload = f"{CANARIES['national id in bytes that are no payload']} {carried}"
        unit = _another(next(numbers))
        like = vendors.delivery(
            [], system=system, org_nr=unit, payload=no_payload.encode(), item_count=1
        )
        yield "UNDECODABLE", like
        no_delivery = json.dumps({"fnr": CANARIES["national id in bytes that are no delivery"]})
        yield "UNDECODABLE", altered(like, no_delivery.encode())
        typed = altered(like, CANARIES["national id as type of message"].encode("utf-16"))
        yield "UNDECODABLE", typed


def bad_commands() -> list[SourceRecord]:
    """Return commands that another program than ours has written to their topic."""
    person = CANARIES["national id in a command on its topic"]
    (unit, system), *_ = reporting_units()
    changes: list[dict[str, Any]] = [
        {"reason": f"the mother of {person} has called"},
        {"issued_by": person},
        {"command_id": person},
        {"kind": person},
    ]
    return [
        command_record(
            CommandKind.UNBLOCK, number, org_nr=unit, fields={"system": system.value, **fields}
        )
        for number, fields in enumerate(changes)
    ]


def bad_command_lines() -> list[tuple[str, ...]]:
    """Return commands with a person's id where free text is entered: all must be refused."""
    person = CANARIES["national id in a command"]
    (unit, system), *_ = reporting_units()
    of_unit = (unit, "--system", system.value)
    because = ("--reason", f"the mother of {person} has called")
    contact = ("registry", "contact", unit, "--reason", "New number")
    return [
        ("unit", "pause", *of_unit, "--from", "2026-01-01", *because),
        ("unit", "unblock", *of_unit, *because),
        ("unit", "unblock", *of_unit, "--reason", "Renewed", "--by", person),
        ("registry", "agree", *of_unit, "--from", "2026-01-01", *because),
        ("release", "stop", "--system", system.value, "--version", "1.0", *because),
        ("quarantine", "discard", "--unit", unit, "--yes", *because),
        (*contact, "--name", f"Moren til {person}"),
        (*contact, "--name", "Post", "--phone", person),
        (*contact, "--name", "Post", "--email", f"{person}@kommune.example"),
        (*contact, "--name", "Post", "--hours", f"Spør etter {person}"),
    ]


def write_exports(folder: Path) -> None:
    """Write an export that can be read, and one that breaks off inside an id."""
    planted = exports.consultation(
        CANARIES["id of a consultation in an export"],
        person={
            "fodselsNr": CANARIES["national id in an export"],
            "personId": CANARIES["id of a person in its journal"],
        },
        ammestatus=CANARIES["breastfeeding"],
        roller=[CANARIES["practitioner"]],
        maalinger={"vekt": int(CANARIES["weight"]), "lengde": CANARIES["practitioner"]},
    )
    bad = planted | {"konsultasjonId": [CANARIES["id of a person in its journal"]]}
    unit = exports.unit(planted, bad, org_nr=exporting_unit())
    exports.write(folder, [unit])
    broken = '[{"fodselsNr": "' + CANARIES["national id in a broken export"]
    exports.write(folder, broken, exports.NAME.replace("2025-01", "2025-02"))


def _another(number: int) -> str:
    lane = number % PARTITIONS
    return units_of_lane(lane, _BEYOND + 20)[_BEYOND + 10 + number // PARTITIONS]
