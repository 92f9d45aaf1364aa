"""Where each field of the contract stands in an item of the export format.

The opposite way of ``map``; a test maps every place and sees the field filled.
"""

from __future__ import annotations

from collections.abc import Mapping

from kpr_stream.model.words import MessageType

_SHARED: Mapping[str, str] = {
    "appointment_id": "avtaleId",
    "start": "datoTid",
    "start_offset_minutes": "datoTid",
    "consultation_type": "konsultasjonType",
    "local_consultation_type": "lokalKonsultasjonType",
    "attendance": "oppmoteStatus",
    "department_id": "avdeling/lokalenhetId",
    "person_local_id": "person/personId",
    "fnr": "person/fodselsNr",
    "dnr": "person/dNr",
    "duf": "person/dufNr",
    "h_number": "person/hNr",
    "fh_number": "person/fhNr",
    "birth_date": "person/fodselsdato",
    "sex": "person/kjonn",
}
_CONSULTATION: Mapping[str, str] = {
    "consultation_id": "konsultasjonId",
    "service": "tjeneste",
    "time_precision": "datoTid",
    "contact_form": "kontaktform",
    "programme_step": "programtrinn",
    "grade": "skoletrinn",
    "duration_minutes": "varighetMinutter",
    "group_id": "gruppe/gruppeId",
    "group_size": "gruppe/antall",
    "practitioner_roles": "roller",
    "municipality_code": "kommuneNr",
    "district_code": "bydelNr",
    "weight_g": "maalinger/vekt",
    "weight_reason_not_measured": "maalinger/vektIkkeMaalt",
    "length_mm": "maalinger/lengde",
    "length_position": "maalinger/lengdestilling",
    "length_reason_not_measured": "maalinger/lengdeIkkeMaalt",
    "head_circumference_mm": "maalinger/hodeomkrets",
    "head_circumference_reason_not_measured": "maalinger/hodeomkretsIkkeMaalt",
    "breastfeeding": "ammestatus",
    "maternity_discharge_date": "hjemkomstdato",
}
EXPORT_PATHS: Mapping[MessageType, Mapping[str, str]] = {
    MessageType.CONSULTATION: {**_SHARED, **_CONSULTATION},
    MessageType.APPOINTMENT: _SHARED,
}
"""By message type and contract field. ``operation`` and ``unreadable`` stand nowhere: they follow
from the list an item is in, and from what could not be read."""
