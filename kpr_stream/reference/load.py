"""The reference data of this release, read once, with a version that follows from its bytes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from kpr_stream.model import codes
from kpr_stream.model.words import Service
from kpr_stream.reference.geography import UNKNOWN_DISTRICTS, validity_by_number, with_days

_FILES = (
    "kommuner.csv",
    "kommune_changes.csv",
    "bydeler.csv",
    "code_lists.csv",
    "hst_programme.csv",
)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Frames and code lists. Every code is text. Two loads are never mixed: it has no equality."""

    version: str
    """First 12 hexadecimal digits of the SHA-256 over the files."""
    municipalities: pl.DataFrame
    """code, name, county_code, county_name, valid_from, valid_to (days since 1970, exclusive)."""
    municipality_validity: tuple[pl.Series, pl.Series]
    """First day and day after the last, by the code as a number: 10,000 entries each."""
    municipality_changes: pl.DataFrame
    """old_code, new_code, change_date, kind."""
    districts: pl.DataFrame
    """code, name, municipality_code, valid_from, valid_to (days since 1970, exclusive)."""
    programme: pl.DataFrame
    """The steps of hst_programme, as text."""
    code_lists: Mapping[str, tuple[str, ...]]
    """Codes by list name, in the order of the file."""
    programme_steps: Mapping[str, str]
    """Step of hst_programme by reported code: Volven 9505 codes, and each step's own code."""

    def known_codes(self, field: str) -> tuple[str, ...]:
        """The codes a coded field of the item contract may hold; KeyError for another field."""
        return _known_codes(self)[field]


@cache
def load_reference() -> Reference:
    """Read the reference data that is shipped with the package."""
    folder = files("kpr_stream.reference") / "data"
    contents = {name: (folder / name).read_bytes() for name in _FILES}
    digest = hashlib.sha256(b"".join(contents[name] for name in _FILES))
    frames = {
        name: pl.read_csv(io.BytesIO(data), infer_schema=False) for name, data in contents.items()
    }
    programme = frames["hst_programme.csv"]
    own = dict.fromkeys(programme.get_column("code").to_list())
    volven = programme.filter(pl.col("volven_9505").is_not_null()).select("volven_9505", "code")
    municipalities = with_days(frames["kommuner.csv"])
    return Reference(
        version=digest.hexdigest()[:12],
        municipalities=municipalities,
        municipality_validity=validity_by_number(municipalities),
        municipality_changes=frames["kommune_changes.csv"],
        districts=with_days(frames["bydeler.csv"]),
        programme=programme,
        code_lists={
            str(key[0]): tuple(rows.get_column("code").to_list())
            for key, rows in frames["code_lists.csv"].group_by("list", maintain_order=True)
        },
        programme_steps=dict(volven.iter_rows()) | {code: code for code in own},
    )


@cache
def municipality_codes() -> frozenset[str]:
    """Every municipality code there ever was: a closed set, fit for a metric's label."""
    return frozenset(load_reference().municipalities.get_column("code").to_list())


@cache
def _known_codes(reference: Reference) -> dict[str, tuple[str, ...]]:
    lists = reference.code_lists
    steps = (
        *lists["alderstrinn_9505"],
        *reference.programme.get_column("code").to_list(),
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
        "district_code": (*reference.districts.get_column("code").to_list(), *UNKNOWN_DISTRICTS),
        "sex": lists["kjonn_3101"],
        "weight_reason_not_measured": codes.REASONS_NOT_MEASURED,
        "length_position": lists["malestilling"],
        "length_reason_not_measured": codes.REASONS_NOT_MEASURED,
        "head_circumference_reason_not_measured": codes.REASONS_NOT_MEASURED,
        "breastfeeding": lists["ammestatus"],
    }
