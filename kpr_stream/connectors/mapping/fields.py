"""Map the export format to the item contract: one row a field. Data only.

The mapping itself (``items``), the paths that a finding points to (``paths``) and the keys that
the format does not have (``check.not_read``) all follow from these rows. A row applies to each
message type whose item schema has the field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Converter(StrEnum):
    """How a JSON value of the export becomes the value of a contract field."""

    TEXT = "text"
    ID = "id"
    """Text, or the digits of a whole number."""
    INTEGER = "integer"
    CODE = "code"
    """A local code, through the profile's table of the field."""
    CODES = "codes"
    """A list of local codes."""
    DAY = "day"
    """A date, as days since 1970."""
    WEIGHT = "weight"
    """A number in the profile's unit of weight, as grams."""
    LENGTH = "length"
    """A number in the profile's unit of length, as millimetres."""
    INSTANT = "instant"
    """A point in time, as microseconds since 1970 UTC."""
    OFFSET = "offset"
    """The offset from UTC, in minutes, that a point in time was written with."""
    PRECISION = "precision"
    """``minute``, or ``date`` where a point in time was written as a date alone."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the contract and where the export holds its value."""

    name: str
    path: str
    """A key of the item, or ``object/key`` for a key of an object inside it. Behind the item's
    own JSON pointer (RFC 6901) the path is a pointer to the value."""
    converter: Converter


FIELDS: Final = (
    Field("consultation_id", "konsultasjonId", Converter.ID),
    Field("appointment_id", "avtaleId", Converter.ID),
    Field("service", "tjeneste", Converter.CODE),
    Field("start", "datoTid", Converter.INSTANT),
    Field("start_offset_minutes", "datoTid", Converter.OFFSET),
    Field("time_precision", "datoTid", Converter.PRECISION),
    Field("consultation_type", "konsultasjonType", Converter.CODE),
    Field("local_consultation_type", "lokalKonsultasjonType", Converter.TEXT),
    Field("attendance", "oppmoteStatus", Converter.CODE),
    Field("department_id", "avdeling/lokalenhetId", Converter.ID),
    Field("person_local_id", "person/personId", Converter.ID),
    Field("fnr", "person/fodselsNr", Converter.TEXT),
    Field("dnr", "person/dNr", Converter.TEXT),
    Field("duf", "person/dufNr", Converter.TEXT),
    Field("h_number", "person/hNr", Converter.TEXT),
    Field("fh_number", "person/fhNr", Converter.TEXT),
    Field("birth_date", "person/fodselsdato", Converter.DAY),
    Field("sex", "person/kjonn", Converter.CODE),
    Field("contact_form", "kontaktform", Converter.CODE),
    Field("programme_step", "programtrinn", Converter.CODE),
    Field("grade", "skoletrinn", Converter.INTEGER),
    Field("duration_minutes", "varighetMinutter", Converter.INTEGER),
    Field("practitioner_roles", "roller", Converter.CODES),
    Field("municipality_code", "kommuneNr", Converter.TEXT),
    Field("district_code", "bydelNr", Converter.TEXT),
    Field("breastfeeding", "ammestatus", Converter.CODE),
    Field("maternity_discharge_date", "hjemkomstdato", Converter.DAY),
    Field("group_id", "gruppe/gruppeId", Converter.ID),
    Field("group_size", "gruppe/antall", Converter.INTEGER),
    Field("weight_g", "maalinger/vekt", Converter.WEIGHT),
    Field("length_mm", "maalinger/lengde", Converter.LENGTH),
    Field("length_position", "maalinger/lengdestilling", Converter.CODE),
    Field("head_circumference_mm", "maalinger/hodeomkrets", Converter.LENGTH),
    Field("weight_reason_not_measured", "maalinger/vektIkkeMaalt", Converter.CODE),
    Field("length_reason_not_measured", "maalinger/lengdeIkkeMaalt", Converter.CODE),
    Field(
        "head_circumference_reason_not_measured", "maalinger/hodeomkretsIkkeMaalt", Converter.CODE
    ),
)
"""The order of the rows is the order in which ``unreadable`` names fields. That list is sent, so
moving a row changes the content hash of items that have unreadable fields."""

DELETION_FLAG: Final = "erSlettet"
"""Key of a deletion entry; only ``true`` deletes."""

DROPPED: Final = ("journalId", "avdeling/lokalNavn")
"""Paths that senders fill and that are left behind on purpose."""

CODED_FIELDS: Final = frozenset(
    field.name for field in FIELDS if field.converter in {Converter.CODE, Converter.CODES}
)
"""Fields that a system may write in codes of its own."""

CODED_LISTS: Final = frozenset(field.name for field in FIELDS if field.converter is Converter.CODES)
"""Of these, the fields that hold a list of codes."""
