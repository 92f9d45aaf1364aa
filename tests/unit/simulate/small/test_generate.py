from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.mapping.items import map_deletion, map_upsert
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.errors import DiskError, UsageError
from kpr_stream.model.words import OUTCOMES, SYSTEMS, MessageType, Operation, Outcome, System
from kpr_stream.schemas.contract import ID_FIELDS
from kpr_stream.simulate.small.care import programme
from kpr_stream.simulate.small.entries import Entry
from kpr_stream.simulate.small.generate import Plan, simulate
from kpr_stream.simulate.small.places import units
from kpr_stream.simulate.small.truth import Receiver

PLAN = Plan(consultations=3000, seed=1, municipalities=6)
GOLDEN = "38074b09f856ca565a0165a315286846f3a10827538fe68a2addb9027ac4fbd7"
"""Of all files of the small world below. A change of it is a change of every later figure."""

DAY_US = 86_400_000_000
EARLIEST_DAYS = 4
"""Two days before the step's own day, and a weekend."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("world") / "out"
    return out, simulate(PLAN, out)


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def exported(out: Path, system: System) -> Iterator[tuple[read.ExportFile, read.UnitExport]]:
    for series in read.find_series(out / system):
        for path in series.paths:
            file = read.parse_name(path)
            for unit in read.units_of(file, read.read_bytes(path)):
                yield file, unit


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    here, there, other = (tmp_path / name for name in ("here", "there", "other"))
    simulate(Plan(200, 3, 4), here)
    program = (
        "import sys; from pathlib import Path\n"
        "from kpr_stream.simulate.small.generate import Plan, simulate\n"
        "simulate(Plan(200, 3, 4), Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(there)], check=True, env={"PYTHONHASHSEED": "42"}
    )
    simulate(Plan(200, 4, 4), other)
    assert digest(here) == digest(there)
    assert digest(here) != digest(other)
    assert digest(here) == GOLDEN


def test_a_perfect_receiver_of_the_mapped_exports_gives_the_expected_counts(
    world: tuple[Path, dict[str, Any]],
) -> None:
    """What is written, read and mapped says the same as what was meant."""
    out, expected = world
    known = {unit.org_nr: unit for unit in units(PLAN.municipalities)}
    for system in SYSTEMS:
        profile = synthetic_profile(system)
        receivers: dict[str, Receiver] = {}
        found: Counter[Outcome] = Counter()
        for file, unit in exported(out, system):
            receiver = receivers.setdefault(unit.org_nr, Receiver(known[unit.org_nr]))
            items = [
                *(map_deletion(file.message_type, one) for one in unit.deletions),
                *(map_upsert(file.message_type, one, profile) for one in unit.upserts),
            ]
            for item in items:
                operation = Operation(item["operation"])
                content = item if operation is Operation.UPSERT else None
                local_id = item[ID_FIELDS[file.message_type]]
                entry = Entry(file.message_type, operation, local_id, content)
                found[receiver.take(entry, (file.extracted_at, file.number))] += 1  # type: ignore[arg-type]
        counts = expected["systems"][system]
        assert {str(o): found[o] for o in OUTCOMES} == counts["outcomes"]
        assert found.total() == counts["items_sent"]


def test_no_child_is_at_a_step_that_it_is_too_young_for(world: tuple[Path, dict[str, Any]]) -> None:
    """The world ends in the middle of many a childhood: what would come after it has not been."""
    out, _ = world
    target = {name: s.target_days for s in programme() for name in (s.code, s.volven)}
    early = [
        target[item["programme_step"]] - (item["start"] // DAY_US - item["birth_date"])
        for system in SYSTEMS
        for file, unit in exported(out, system)
        if file.message_type is MessageType.CONSULTATION
        for item in (
            map_upsert(file.message_type, u, synthetic_profile(system)) for u in unit.upserts
        )
        if item["programme_step"] in target
        if None not in (item["birth_date"], item["start"])
    ]
    assert len(early) > 500
    assert max(early) <= EARLIEST_DAYS


def test_every_kind_of_trouble_is_there(world: tuple[Path, dict[str, Any]]) -> None:
    out, expected = world
    for system in SYSTEMS:
        seen = expected["systems"][system]["outcomes"]
        assert {name for name, number in seen.items() if number == 0} <= {"superseded"}
    text = "".join(path.read_text("utf-8") for path in sorted(out.rglob("0*.json")))
    for sign in _SIGNS:
        assert re.search(sign, text), sign
    quiet = [u for _, u in exported(out, System.HELSEPLATTFORMEN) if not u.upserts]
    assert quiet


_SIGNS = (
    r'"erSlettet":false',
    r'"vekt":"ca. 8"',
    r'"vekt":(38|0.038|"0,038"),',
    r'"konsultasjonId":null',
    r'"datoTid":null',
    r'"kommuneNr":"?1601',
    r'"kommuneNr":301,',
    r'"fodselsNr":\d{10},',
    r'"personId":null,"fodselsNr":null,"dNr":null,"dufNr":null',
    r'"fodselsNr":"\d{11}","dNr":"\d{11}"',
    r'"dufNr":"\d{12}"',
)


def test_the_counts_add_up(world: tuple[Path, dict[str, Any]]) -> None:
    _, expected = world
    for counts in (expected["total"], *expected["systems"].values()):
        assert sum(counts["outcomes"].values()) == counts["items_sent"]
    for part in ("municipalities", "units"):
        for system in expected["systems"].values():
            total = sum(one["items_sent"] for one in system[part].values())
            assert total == system["items_sent"]


def test_the_truth_holds_each_visit_once(world: tuple[Path, dict[str, Any]]) -> None:
    out, expected = world
    lines = [json.loads(line) for line in (out / "truth.jsonl").read_text("utf-8").splitlines()]
    keys = [(one["org_nr"], one["message_type"], one["local_id"]) for one in lines]
    assert len(set(keys)) == len(keys)
    visits = [one for one in lines if one["message_type"] == MessageType.CONSULTATION]
    rejected = expected["total"]["outcomes"]["rejected"]
    assert PLAN.consultations - rejected <= len(visits) <= PLAN.consultations
    live = [one for one in visits if one["status"] == "live"]
    assert 0.9 < len(live) / len(visits) < 1
    assert all((one["record"] is None) == (one["status"] == "deleted") for one in lines)
    assert any(one["record"] and one["record"]["set_aside"] for one in live)
    local_ids = Counter(one["local_id"] for one in visits)
    assert max(local_ids.values()) > 1, "the same local id in several units"


def test_oslo_has_districts_and_all_systems_are_in_use() -> None:
    found = units(6)
    oslo = [unit for unit in found if unit.municipality_code == "0301"]
    assert {unit.district_code for unit in oslo} == {"030101", "030105", "030112"}
    assert {unit.system for unit in units(4)} == set(SYSTEMS)
    assert len(units(357)) > 700


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(UsageError, match="is not empty"):
        simulate(PLAN, tmp_path)
    with pytest.raises(DiskError, match="cannot be written"):
        simulate(PLAN, tmp_path / "mine" / "out")
    with pytest.raises(UsageError, match="municipalities, not 400"):
        simulate(Plan(10, 1, 400), tmp_path / "out")
