"""Find the contract fields that a rule reads, also through facts of the frame stage.

A finding is silent where it follows from a value that is itself reported: rejected, set aside or
unreadable. A rule's expression names the columns that it reads, so no rule can forget one. Columns
that the frame stage adds are traced to the fields that they are made of by the table below.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from kpr_stream.rules.rule import Rule

_AGE = ("birth_date", "start", "start_offset_minutes")
_OWN_ID = "_local_id"
_NUMBERS = ("fnr", "dnr", "fh_number", "duf", "h_number")
_DISTRICT = ("district_code", "municipality_code")
_SCORE = (*_AGE, "sex", "service")

FACT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "_received_at": (),
    "_extracted_at": (),
    _OWN_ID: (_OWN_ID,),
    "_local_id_unreadable": (),
    "_person_local_id": ("person_local_id",),
    "_local_id_holds_national_id": (_OWN_ID,),
    "_local_id_too_long": (_OWN_ID,),
    **{
        f"_{field}_{what}": (field,)
        for field in (
            "appointment_id",
            "person_local_id",
            "group_id",
            "department_id",
            "local_consultation_type",
        )
        for what in ("holds_national_id", "too_long")
    },
    "_id_repeated": (_OWN_ID,),
    "_visit_repeated": (_OWN_ID, "start", "time_precision", "attendance"),
    "_start_unreadable": (),
    "_norwegian_offset": ("start",),
    "_date": ("start", "start_offset_minutes"),
    "_age_days": _AGE,
    **{f"_{field}_valid": (field,) for field in _NUMBERS},
    "_fnr_allowed": ("fnr",),
    "_dnr_allowed": ("dnr",),
    "_fnr_zero_lost": ("fnr",),
    # Made of numbers that may be used. One that is set aside is not among them.
    "_national_ids": (),
    "_birth_date_as_number": ("birth_date",),
    "_sex_as_number": ("sex",),
    "_is_anybody": (*_NUMBERS, "person_local_id"),
    "_municipality_code": ("municipality_code",),
    "_municipality_known": ("municipality_code",),
    "_municipality_valid": ("municipality_code", "start", "start_offset_minutes"),
    "_district_sent": _DISTRICT,
    "_district_code": _DISTRICT,
    "_district_valid": (*_DISTRICT, "start", "start_offset_minutes"),
    "_is_measured": ("weight_g", "length_mm", "head_circumference_mm"),
    "_weight_z_flag": ("weight_g", *_SCORE),
    "_length_z_flag": ("length_mm", "length_position", *_SCORE),
    "_head_circumference_z_flag": ("head_circumference_mm", *_SCORE),
    "_bmi_z_flag": ("weight_g", "length_mm", "length_position", *_SCORE),
    "_breastfeeding_status": ("breastfeeding", "service"),
    "_full_after_less": (
        *("breastfeeding", "service", "person_local_id", "fnr", "dnr"),
        *_AGE,
    ),
}
"""The contract fields that a fact's value follows from. ``_local_id`` is the item's own id field: a
consultation has the id of its appointment too, which is another thing."""


@cache
def fields_read(rule: Rule, id_field: str) -> frozenset[str]:
    """Return the contract fields that a rule's finding follows from, its own field among them.

    ``id_field`` is the field of the item's own id (``contract.ID_FIELDS``). KeyError for a fact
    without an entry in ``FACT_FIELDS``.
    """
    fields = {rule.field, *rule.depends_on, *(("service",) if rule.services else ())}
    for name in rule.check.meta.root_names():
        fields.update(FACT_FIELDS[name] if name.startswith("_") else (name,))
    return frozenset(id_field if name == _OWN_ID else name for name in fields)
