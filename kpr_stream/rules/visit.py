"""The rules for the visit: contact form, attendance, duration, group, grade, step."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from kpr_stream.model import codes
from kpr_stream.model.words import Service, Severity
from kpr_stream.reference import Reference
from kpr_stream.rules.actions import CHECK_MAPPING_OR_RECORD, CHECK_RECORD_OR_LEAVE
from kpr_stream.rules.rule import CHILDREN, PUPILS, Action, Responsible, Rule

LONGEST_MINUTES = 1_440
"""One day: no consultation is longer. A larger value is in another unit, or is a time of day."""
USUAL_MINUTES = 480
LARGEST_GROUP = 1_000
GRADES_ASTRAY = 2
"""Early or late school start and repeated years: one grade off is common, two grades occur."""
_STEPS_OF_OTHERS = ("SKOLESTART", "TRINN_3", "TRINN_8")
_CODES_OF_OTHERS = ("SVANGERSKAPSKONTROLL", "HFU_KONSULTASJON")
_YEAR = 365.25
_USUAL_AGES = {
    # Years, from and to. In the fourth service the patient may be a parent or a pregnant woman.
    Service.HELSESTASJON_0_5: (0, 8),
    Service.SKOLEHELSETJENESTE: (5, 22),
    Service.HFU: (10, 27),
}
_FORMS_OF_TYPE = {
    "HJEMMEBESOK": ("HJEMMEBESOK",),
    "GRUPPE": ("GRUPPE", "PERSONLIG", "VIDEO"),
    "TELEFON": ("TELEFON",),
    "VIDEO": ("VIDEO",),
    "DIGITAL_DIALOG": ("SKRIFTLIG",),
}


def visit_rules(reference: Reference) -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    return (
        Rule(
            id="MEASURED_WITHOUT_MEETING",
            severity=Severity.WARN,
            field="contact_form",
            text_no="En måling er oppgitt, men kontakten var på telefon, på video eller skriftlig.",
            text_en="A measurement is given, but the contact was by phone, by video or in writing.",
            action=CHECK_MAPPING_OR_RECORD,
            check=~(col("contact_form").is_in(codes.WITHOUT_MEETING) & col("_is_measured")),
        ),
        Rule(
            id="MEASURED_WITHOUT_ATTENDANCE",
            severity=Severity.WARN,
            field="attendance",
            text_no="En måling eller en ammestatus er oppgitt, men oppmøtestatusen er en annen enn "
            "møtt.",
            text_en="A measurement or a breastfeeding status is given, but the attendance is other "
            "than attended.",
            action=CHECK_MAPPING_OR_RECORD,
            check=(col("attendance") == codes.ATTENDED)
            | ~(
                col("_is_measured")
                | (~col("breastfeeding").is_in(codes.NO_ANSWER)).fill_null(value=False)
            ),
        ),
        Rule(
            id="CONTACT_FORM_AGAINST_TYPE",
            severity=Severity.WARN,
            field="contact_form",
            text_no="Kontaktformen passer ikke med konsultasjonstypen. Disse typene har bestemte "
            f"kontaktformer: {_described_forms('med', 'eller')}. Alle andre typer kan ha hvilken "
            "form som helst.",
            text_en="The contact form does not fit the consultation type. These types have certain "
            f"contact forms: {_described_forms('with', 'or')}. Every other type may have any form.",
            action=CHECK_MAPPING_OR_RECORD,
            check=_form_fits_type(),
            watches="contact_form",
        ),
        Rule(
            id="DURATION_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            field="duration_minutes",
            text_no=f"Varigheten ligger utenfor 0–{LONGEST_MINUTES} minutter, og er ikke lagret.",
            text_en=f"The duration is outside 0–{LONGEST_MINUTES} minutes, and is not stored.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren sender hele minutter, ikke sekunder eller et klokkeslett. Er "
                "varigheten ukjent, er feltet tomt. Er varigheten feil i journalen, retter "
                "virksomheten den og sender hendelsen på nytt.",
                "The EPJ vendor sends whole minutes, not seconds or a time of day. If the duration "
                "is unknown, the field is empty. If the duration is wrong in the record, the "
                "health station corrects it and sends the item again.",
            ),
            check=col("duration_minutes").is_between(0, LONGEST_MINUTES),
        ),
        Rule(
            id="DURATION_UNUSUAL",
            severity=Severity.WARN,
            field="duration_minutes",
            text_no=f"Varigheten er 0 eller over {USUAL_MINUTES} minutter.",
            text_en=f"The duration is 0 or over {USUAL_MINUTES} minutes.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Er varigheten ukjent, lar leverandøren feltet være tomt og sender ikke 0. Ellers "
                "kontrollerer virksomheten journalen. Er journalen riktig, trenger ingen å gjøre "
                "noe.",
                "If the duration is unknown, the EPJ vendor leaves the field empty and does not "
                "send 0. Otherwise the health station checks the record. If the record is right, "
                "nothing needs to be done.",
            ),
            check=col("duration_minutes").is_between(1, USUAL_MINUTES),
        ),
        Rule(
            id="GROUP_SIZE_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            field="group_size",
            text_no=f"Gruppestørrelsen ligger utenfor 1–{LARGEST_GROUP}, og er ikke lagret.",
            text_en=f"The group size is outside 1–{LARGEST_GROUP}, and is not stored.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren sender antall deltakere. Er antallet ukjent, eller var det ingen "
                "gruppe, er feltet tomt. Er antallet feil i journalen, retter virksomheten det og "
                "sender hendelsen på nytt.",
                "The EPJ vendor sends the number of participants. If the number is unknown, or if "
                "there was no group, the field is empty. If the number is wrong in the record, the "
                "health station corrects it and sends the item again.",
            ),
            check=col("group_size").is_between(1, LARGEST_GROUP),
        ),
        Rule(
            id="GRADE_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            field="grade",
            text_no="Skoletrinnet ligger utenfor 1–13, og er ikke lagret.",
            text_en="The school grade is outside 1–13, and is not stored.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren sender trinnet som et tall: 1–10 i grunnskolen, 11–13 for Vg1–Vg3. "
                "Er trinnet ukjent, er feltet tomt. Er trinnet feil i journalen, retter "
                "virksomheten det og sender hendelsen på nytt.",
                "The EPJ vendor sends the grade as a number: 1–10 in primary and lower secondary "
                "school, 11–13 in upper secondary school (Vg1–Vg3). If the grade is unknown, the "
                "field is empty. If the grade is wrong in the record, the health station corrects "
                "it and sends the item again.",
            ),
            check=col("grade").is_between(1, 13),
        ),
        Rule(
            id="GRADE_AGAINST_AGE",
            severity=Severity.WARN,
            services=PUPILS,
            field="grade",
            text_no="Skoletrinnet avviker mer enn to trinn fra det som er vanlig for alderen.",
            text_en="The school grade differs by more than two grades from the usual grade for the "
            "age.",
            action=CHECK_RECORD_OR_LEAVE,
            # Between August and June a pupil of grade g is from g + 4.6 to g + 6.5 years old.
            check=(col("_age_days") / _YEAR - col("grade")).is_between(
                4.6 - GRADES_ASTRAY, 6.5 + GRADES_ASTRAY
            ),
        ),
        Rule(
            id="PROGRAMME_STEP_OF_OTHER_SERVICE",
            severity=Severity.WARN,
            services=CHILDREN,
            field="programme_step",
            text_no="Konsultasjonen i programmet hører til en annen tjeneste enn helsestasjon 0–5 "
            f"år ({_listed(reference)}).",
            text_en="The programme step belongs to another service than the health station for 0 "
            f"to 5 years ({_listed(reference)}).",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren sender tjenesten som hadde konsultasjonen. Er tjenesten riktig, "
                "sender leverandøren riktig konsultasjon i programmet.",
                "The EPJ vendor sends the service that held the consultation. If the service is "
                "right, the EPJ vendor sends the right programme step.",
            ),
            check=~col("programme_step").is_in(_of_other_services(reference)),
        ),
        Rule(
            id="PROGRAMME_STEP_AGAINST_AGE",
            severity=Severity.WARN,
            services=CHILDREN,
            field="programme_step",
            text_no="Konsultasjonen i programmet passer ikke med alderen: barnet er langt yngre "
            "enn programmet sier, eller mer enn dobbelt så gammelt.",
            text_en="The programme step does not fit the age: the child is far younger than in the "
            "programme, or more than twice as old.",
            action=CHECK_MAPPING_OR_RECORD,
            check=_age_near_step(reference),
        ),
        Rule(
            id="AGE_UNUSUAL_FOR_SERVICE",
            severity=Severity.WARN,
            field="service",
            text_no="Alderen er uvanlig for tjenesten. Vanlig alder er 0–8 år på helsestasjonen, "
            "5–22 år i skolehelsetjenesten og 10–27 år på helsestasjon for ungdom (HFU).",
            text_en="The age is unusual for the service. Usual ages are 0–8 years at the health "
            "station, 5–22 years in the school health service and 10–27 years at the youth clinic.",
            action=CHECK_MAPPING_OR_RECORD,
            check=_age_fits_service(),
        ),
    )


def _described_forms(preposition: str, conjunction: str) -> str:
    """The types that allow only some forms, in words."""
    return "; ".join(
        f"{kind} {preposition} {f' {conjunction} '.join(forms)}"
        for kind, forms in _FORMS_OF_TYPE.items()
    )


def _listed(reference: Reference) -> str:
    return ", ".join(_of_other_services(reference))


def _form_fits_type() -> pl.Expr:
    against = [
        f"{kind}|{form}"
        for kind, forms in _FORMS_OF_TYPE.items()
        for form in codes.CONTACT_FORMS
        if form not in forms
    ]
    both = pl.concat_str(col("consultation_type"), col("contact_form"), separator="|")
    return ~both.is_in(against)


def _age_fits_service() -> pl.Expr:
    lowest = {service.value: int(low * _YEAR) for service, (low, _) in _USUAL_AGES.items()}
    highest = {service.value: int(high * _YEAR) for service, (_, high) in _USUAL_AGES.items()}
    usual = col("_age_days").is_between(_by("service", lowest), _by("service", highest))
    # The patient of a consultation with advice to parents may be the parent.
    return usual | col("programme_step").is_in(codes.STEPS_OUTSIDE_PROGRAMME)


def _by(column: str, limits: Mapping[str, int]) -> pl.Expr:
    """The limit for the code in a column; null for every other code."""
    return col(column).replace_strict(
        list(limits), list(limits.values()), default=None, return_dtype=pl.Int32
    )


def _of_other_services(reference: Reference) -> list[str]:
    """The codes of the steps that the health station for 0 to 5 years does not hold."""
    steps = reference.steps.by_code
    return [*_CODES_OF_OTHERS, *(code for code, step in steps.items() if step in _STEPS_OF_OTHERS)]


def _age_near_step(reference: Reference) -> pl.Expr:
    """Whether the age is near the window of the programme step.

    The window is widened: its start by a tenth and a month, its end to twice the age and two
    months.
    """
    windows: dict[str, tuple[int, int]] = {}
    for code, low, high in reference.programme.select(
        "code", "window_from_days", "window_to_days"
    ).iter_rows():
        if code not in _STEPS_OF_OTHERS:
            # Programmes change. The rule finds mistakes, so the widest window counts.
            first, last = windows.get(code, (low, high))
            windows[code] = min(first, low), max(last, high)
    known = {code: windows[s] for code, s in reference.steps.by_code.items() if s in windows}
    earliest = {code: int(low * 0.9) - 30 for code, (low, _) in known.items()}
    latest = {code: 2 * high + 60 for code, (_, high) in known.items()}
    return col("_age_days").is_between(
        _by("programme_step", earliest), _by("programme_step", latest)
    )
