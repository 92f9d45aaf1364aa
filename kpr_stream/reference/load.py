"""Read the reference data once and check it: a folder is used whole or not at all.

A folder that fails a check raises ConfigurationError, so that no worker starts with it. No sent
item is ever judged by an incomplete reference.
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
from kpr_stream.model.files import read_regular_file, read_regular_text
from kpr_stream.model.words import Service
from kpr_stream.reference import check, current, growth
from kpr_stream.reference import tables as t
from kpr_stream.reference.geography import validity_by_number, with_other_areas
from kpr_stream.reference.growth import Lms, Measure
from kpr_stream.reference.manifest import MANIFEST, Manifest, read_manifest
from kpr_stream.reference.programme import Steps, build_steps

_WHAT_TO_DO = (
    "Correct the files and seal the folder (`kpr-stream reference seal`), or set "
    "KPR_REFERENCE_DIR to the last good copy. Unset, this release's own data are used."
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reference:
    """Frames and code lists, with every code as text. Two loads never compare equal."""

    version: str
    """The first day of validity, and digits of a hash over all files."""
    valid_from: date
    frames: Mapping[str, pl.DataFrame]
    """Every table by file name, with validity in days."""
    municipalities: pl.DataFrame
    """code, name, county_code, county_name, valid_from, valid_to (days since 1970, exclusive)."""
    municipality_validity: tuple[pl.Series, pl.Series]
    """First day and day after the last, indexed by the code's number: 10,000 entries each. They
    include areas outside the municipalities."""
    municipality_changes: pl.DataFrame
    """old_code, new_code, change_date, kind."""
    current_municipalities: pl.DataFrame
    """code, current_code, found_by: see ``reference.current``."""
    districts: pl.DataFrame
    """code, name, municipality_code, valid_from, valid_to (days since 1970, exclusive)."""
    all_districts: pl.DataFrame
    """The districts with each city's unknown district, and the column ``unknown``."""
    programme: pl.DataFrame
    """The steps of hst_programme; numbers as Int64, validity in days."""
    steps: Steps
    """The steps as look-up tables."""
    code_lists: Mapping[str, tuple[str, ...]]
    """Codes by list name, in the order of the file."""
    breastfeeding: Mapping[str, str]
    """Status by reported code."""
    growth: Mapping[Measure, Lms]
    """L, M and S by sex and day."""

    def known_codes(self, field: str) -> tuple[str, ...]:
        """Return the codes that a coded field of the item contract may hold. Else KeyError."""
        return _known_codes(self)[field]

    def municipality_codes(self) -> frozenset[str]:
        """Return every municipality code that ever existed, a closed set for metric labels."""
        return frozenset(self.municipalities.get_column("code").to_list())


def shipped_folder() -> Path:
    """Return the folder of the reference data in this release."""
    return Path(str(files("kpr_stream.reference").joinpath("data")))


@cache
def load_reference(folder: Path | None = None) -> Reference:
    """Read a folder, or the shipped one, once in a process. Errors as in ``read_reference``."""
    return read_reference(folder or shipped_folder())


def read_reference(folder: Path) -> Reference:
    """Read and check a folder. ConfigurationError names everything that is wrong."""
    contents = read_contents(folder)
    manifest = _manifest(folder)
    wrong = check.checksum_problems(contents, manifest)
    if wrong:
        raise _unusable(folder, wrong)
    return _build(parse_all(folder, contents, manifest), manifest)


def read_contents(folder: Path) -> dict[str, bytes]:
    """Read the bytes of every file. ConfigurationError names the files that cannot be read."""
    contents, unreadable = {}, []
    for table in t.TABLES:
        try:
            contents[table.file] = read_regular_file(folder / table.file)
        except OSError as cause:
            unreadable.append(f"{table.file}: {cause.strerror or type(cause).__name__}")
    if unreadable:
        raise _unusable(folder, unreadable)
    return contents


def parse_all(
    folder: Path, contents: Mapping[str, bytes], manifest: Manifest | None = None
) -> dict[str, pl.DataFrame]:
    """Parse the tables and check them against each other and the manifest. ConfigurationError
    names everything that is wrong."""
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
        return read_manifest(read_regular_text(folder / MANIFEST))
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else str(cause)
        raise _unusable(folder, [f"{MANIFEST}: {reason}"]) from None


def _unusable(folder: Path, wrong: list[str]) -> ConfigurationError:
    return ConfigurationError(
        f"The reference data in {folder} cannot be used: {'; '.join(wrong)}.",
        what_to_do=_WHAT_TO_DO,
    )


def _build(frames: Mapping[str, pl.DataFrame], manifest: Manifest) -> Reference:
    municipalities, districts = frames[t.MUNICIPALITIES.file], frames[t.DISTRICTS.file]
    other_areas, changes = frames[t.OTHER_AREAS.file], frames[t.CHANGES.file]
    programme = frames[t.PROGRAMME.file]

    def lms(standards: t.ReferenceTable, reference: t.ReferenceTable | None) -> Lms:
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
        steps=build_steps(programme),
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
        # The consultations of other services have their steps' names as types.
        "consultation_type": (*lists["konsultasjonstype"], *codes.STEPS_OUTSIDE_PROGRAMME),
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
