"""The reference data, read once and checked: either whole, or not at all.

A folder that fails a check raises ConfigurationError, so a worker does not start with it. Nothing
that a sender sent is ever judged by half a reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl

from kpr_stream.errors import ConfigurationError
from kpr_stream.model import codes
from kpr_stream.model.words import Service
from kpr_stream.reference import check, current, growth
from kpr_stream.reference import tables as t
from kpr_stream.reference.geography import validity_by_number, with_other_areas
from kpr_stream.reference.growth import Lms, Measure
from kpr_stream.reference.manifest import MANIFEST, Manifest, read_manifest
from kpr_stream.reference.programme import Steps, lay_out

_WHAT_TO_DO = (
    "Put right the files and seal the folder (`kpr-stream reference seal`), or point "
    "KPR_REFERENCE_DIR to the last good copy; unset, this release's own data are used."
)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Frames and code lists. Every code is text. Two loads are never mixed: it has no equality."""

    version: str
    """Day it is valid from, and what follows from the bytes of its files."""
    valid_from: date
    frames: Mapping[str, pl.DataFrame]
    """Every table as it is in its file, by file name; validity in days."""
    municipalities: pl.DataFrame
    """code, name, county_code, county_name, valid_from, valid_to (days since 1970, exclusive)."""
    municipality_validity: tuple[pl.Series, pl.Series]
    """First day and day after the last, by the code as a number: 10,000 entries each. Areas
    outside the municipalities are in."""
    municipality_changes: pl.DataFrame
    """old_code, new_code, change_date, kind."""
    current_municipalities: pl.DataFrame
    """code, current_code, found_by: see ``reference.current``."""
    districts: pl.DataFrame
    """code, name, municipality_code, valid_from, valid_to (days since 1970, exclusive)."""
    all_districts: pl.DataFrame
    """The same with «unknown district» of each city; and ``unknown``."""
    programme: pl.DataFrame
    """The steps of hst_programme; numbers as Int64, validity in days."""
    steps: Steps
    """The steps laid out for look-ups."""
    code_lists: Mapping[str, tuple[str, ...]]
    """Codes by list name, in the order of the file."""
    breastfeeding: Mapping[str, str]
    """Status by reported code."""
    growth: Mapping[Measure, Lms]
    """L, M and S by sex and day."""

    def known_codes(self, field: str) -> tuple[str, ...]:
        """The codes a coded field of the item contract may hold; KeyError for another field."""
        return _known_codes(self)[field]

    def municipality_codes(self) -> frozenset[str]:
        """Every municipality code there ever was: a closed set, fit for a metric's label."""
        return frozenset(self.municipalities.get_column("code").to_list())


def shipped_folder() -> Path:
    """The reference data that come with this release."""
    return Path(str(files("kpr_stream.reference").joinpath("data")))


@cache
def load_reference(folder: Path | None = None) -> Reference:
    """``read_reference`` of a folder, or of what is shipped; read once in a process."""
    return read_reference(folder or shipped_folder())


def read_reference(folder: Path) -> Reference:
    """Read and check a folder; ConfigurationError names all that is wrong."""
    contents = read_contents(folder)
    manifest = _manifest(folder)
    unlike = check.unlike_sealed(contents, manifest)
    if unlike:
        raise _unusable(folder, unlike)
    return _built(parse_all(folder, contents, manifest), manifest)


def read_contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file; ConfigurationError names what cannot be read."""
    contents, unreadable = {}, []
    for table in t.TABLES:
        try:
            contents[table.file] = (folder / table.file).read_bytes()
        except OSError as cause:
            unreadable.append(f"{table.file}: {cause.strerror or type(cause).__name__}")
    if unreadable:
        raise _unusable(folder, unreadable)
    return contents


def parse_all(
    folder: Path, contents: Mapping[str, bytes], manifest: Manifest | None = None
) -> dict[str, pl.DataFrame]:
    """The tables, checked against each other (and the manifest); ConfigurationError if wrong."""
    frames, wrong = {}, []
    for table in t.TABLES:
        try:
            frames[table.file] = check.parse(table, contents[table.file])
        except ValueError as cause:
            wrong.append(str(cause))
    wrong = wrong or check.problems(frames, manifest)
    if wrong:
        raise _unusable(folder, wrong)
    return frames


def _manifest(folder: Path) -> Manifest:
    try:
        return read_manifest((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as cause:
        told = cause.strerror if isinstance(cause, OSError) else str(cause)
        raise _unusable(folder, [f"{MANIFEST}: {told}"]) from None


def _unusable(folder: Path, wrong: list[str]) -> ConfigurationError:
    return ConfigurationError(
        f"The reference data in {folder} cannot be used: {'; '.join(wrong)}.",
        what_to_do=_WHAT_TO_DO,
    )


def _built(frames: Mapping[str, pl.DataFrame], manifest: Manifest) -> Reference:
    municipalities, districts = frames[t.MUNICIPALITIES.file], frames[t.DISTRICTS.file]
    other_areas, changes = frames[t.OTHER_AREAS.file], frames[t.CHANGES.file]
    programme = frames[t.PROGRAMME.file]

    def lms(standards: t.Table, reference: t.Table | None) -> Lms:
        later = None if reference is None else frames[reference.file]
        return growth.lms_by_day(frames[standards.file], later)

    return Reference(
        version=manifest.version,
        valid_from=manifest.valid_from,
        frames=frames,
        municipalities=municipalities,
        municipality_validity=validity_by_number(with_other_areas(municipalities, other_areas)),
        municipality_changes=changes,
        current_municipalities=current.current_municipalities(
            municipalities, changes, frames[t.BORDERS.file], other_areas
        ),
        districts=districts,
        all_districts=current.all_districts(districts),
        programme=programme,
        steps=lay_out(programme),
        code_lists={
            str(key[0]): tuple(rows.get_column("code").to_list())
            for key, rows in frames[t.CODE_LISTS.file].group_by("list", maintain_order=True)
        },
        breastfeeding=dict(frames[t.BREASTFEEDING.file].select("code", "status").iter_rows()),
        growth={
            Measure.WEIGHT: lms(t.WEIGHT, t.WEIGHT_2007),
            Measure.LENGTH: lms(t.LENGTH, t.LENGTH_2007),
            Measure.BMI: lms(t.BMI, t.BMI_2007),
            Measure.HEAD_CIRCUMFERENCE: lms(t.HEAD_CIRCUMFERENCE, None),
        },
    )


@cache
def _known_codes(reference: Reference) -> dict[str, tuple[str, ...]]:
    lists = reference.code_lists
    steps = (
        *lists["alderstrinn_9505"],
        *dict.fromkeys(reference.programme.get_column("code").to_list()),
        *codes.STEPS_OUTSIDE_PROGRAMME,
    )
    return {
        "service": tuple(Service),
        "time_precision": codes.TIME_PRECISIONS,
        "consultation_type": lists["konsultasjonstype"],
        "contact_form": codes.CONTACT_FORMS,
        "attendance": lists["oppmotestatus"],
        "programme_step": steps,
        "practitioner_roles": lists["helsepersonellrolle"],
        "district_code": tuple(reference.all_districts.get_column("code").to_list()),
        "sex": lists["kjonn_3101"],
        "weight_reason_not_measured": codes.REASONS_NOT_MEASURED,
        "length_position": lists["malestilling"],
        "length_reason_not_measured": codes.REASONS_NOT_MEASURED,
        "head_circumference_reason_not_measured": codes.REASONS_NOT_MEASURED,
        "breastfeeding": lists["ammestatus"],
    }
