"""Write the snapshots of an installation: NDJSON folders and Bundles in turn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.simulate.fhir.resources import Json, Renderer
from kpr_stream.simulate.fhir.states import State
from kpr_stream.simulate.small.calendar import FIRST_DAY
from kpr_stream.simulate.small.places import Unit


def write_snapshots(
    folder: Path, made: Sequence[tuple[Unit, Sequence[State]]], profile: Profile
) -> None:
    """Write every snapshot of some units into a folder that exists."""
    for number in range(len(made[0][1])):
        at = [(unit, found[number]) for unit, found in made]
        last = at[0][1]
        name = (
            f"{number + 1:06}_FHIR_{FIRST_DAY.isoformat()}--{last.slot.period_to.isoformat()}_"
            f"{last.extracted_at:%Y%m%dT%H%M%SZ}"
        )
        resources = (one for unit, state in at for one in Renderer(profile, unit).resources(state))
        if number % 2 == 0:
            _ndjson(folder / name, resources)
        else:
            _bundle(folder / f"{name}.json", resources)


def _ndjson(folder: Path, resources: Iterable[Json]) -> None:
    """Write a file for each type of resource, as a bulk export does."""
    folder.mkdir()
    files: dict[str, IO[str]] = {}
    with ExitStack() as opened:
        for one in resources:
            kind = one["resourceType"]
            if kind not in files:
                path = folder / f"{kind}.ndjson"
                files[kind] = opened.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            files[kind].write(_text(one) + "\n")


def _bundle(path: Path, resources: Iterable[Json]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('{"resourceType":"Bundle","type":"collection","entry":[')
        for number, one in enumerate(resources):
            out.write(f"{',' if number else ''}\n{_text({'resource': one})}")
        out.write("\n]}\n")


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
