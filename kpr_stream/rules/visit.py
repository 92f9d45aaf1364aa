"""Rules about what happened: form of contact, attendance, duration, group, grade, programme."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import col

from kpr_stream.model import codes
from kpr_stream.model.words import Service, Severity
from kpr_stream.reference import Reference
from kpr_stream.rules.actions import CHECK_MAPPING_OR_RECORD, CHECK_RECORD_OR_LEAVE
from kpr_stream.rules.rule import CHILDREN, PUPILS, Action, Rule, Who

LONGEST_MINUTES = 1_440
"""A day: no consultation is longer, and a value beyond it is another unit or a time of day."""
USUAL_MINUTES = 480
LARGEST_GROUP = 1_000
GRADES_ASTRAY = 2
"""Early and late school start and repeated years: one grade each way is common, two happen."""
_STEPS_OF_OTHERS = ("SKOLESTART", "TRINN_3", "TRINN_8")
_CODES_OF_OTHERS = ("SVANGERSKAPSKONTROLL", "HFU_KONSULTASJON")
_YEAR = 365.25
_USUAL_AGES = {
    # Years, from and to; a parent or a pregnant woman may be the patient of the other service.
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
    """In the order in which findings are told."""
    return (
        Rule(
            id="MEASURED_WITHOUT_MEETING",
            severity=Severity.WARN,
            field="contact_form",
            text_no="Et mål er oppgitt, men kontakten var på telefon, video eller skriftlig.",
            text_en="A measure is given, but the contact was by phone, video or in writing.",
            action=CHECK_MAPPING_OR_RECORD,
            check=~(col("contact_form").is_in(codes.WITHOUT_MEETING) & col("_is_measured")),
        ),
        Rule(
            id="MEASURED_WITHOUT_ATTENDANCE",
            severity=Severity.WARN,
            field="attendance",
            text_no="Et mål eller ammestatus er oppgitt, men oppmøtestatus er ikke møtt.",
            text_en="A measure or the breastfeeding status is given, but attendance is not "
            "«attended».",
            action=CHECK_MAPPING_OR_RECORD,
            check=(col("attendance") == codes.ATTENDED)
            | ~(
                col("_is_measured")
                | (~col("breastfeeding").is_in(codes.NOTHING_SAID)).fill_null(value=False)
            ),
        ),
        Rule(
            id="CONTACT_FORM_AGAINST_TYPE",
            severity=Severity.WARN,
            field="contact_form",
            text_no=f"Kontaktformen passer ikke med konsultasjonstypen. Disse hører sammen: "
            f"{_forms_told('eller')}; alle andre typer kan ha hvilken form som helst.",
            text_en=f"The contact form does not fit the consultation type. These go together: "
            f"{_forms_told('or')}; every other type may have any form.",
            action=CHECK_MAPPING_OR_RECORD,
            check=_form_fits_type(),
            watches="contact_form",
        ),
        Rule(
            id="DURATION_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            field="duration_minutes",
            text_no=f"Varigheten er utenfor 0–{LONGEST_MINUTES} minutter og er ikke lagret.",
            text_en=f"The duration is outside 0–{LONGEST_MINUTES} minutes and is not stored.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren sender hele minutter, ikke sekunder eller et klokkeslett, og "
                "ingenting der varigheten ikke er kjent. Er den feil i journalen, retter "
                "virksomheten den.",
                "The EPJ vendor sends whole minutes, not seconds or a time of day, and nothing "
                "where the duration is not known. If it is wrong in the record, the health station "
                "corrects it.",
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
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren sender ingenting, ikke 0, der varigheten ikke er kjent. Ellers "
                "kontrollerer virksomheten journalen; er den riktig, trengs ingenting.",
                "The EPJ vendor sends nothing, not 0, where the duration is not known. Otherwise "
                "the health station checks the record; if that is right nothing is needed.",
            ),
            check=col("duration_minutes").is_between(1, USUAL_MINUTES),
        ),
        Rule(
            id="GROUP_SIZE_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            field="group_size",
            text_no=f"Gruppestørrelsen er utenfor 1–{LARGEST_GROUP} og er ikke lagret.",
            text_en=f"The group size is outside 1–{LARGEST_GROUP} and is not stored.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren sender antall deltakere, og ingenting der det ikke er kjent eller "
                "ikke var noen gruppe. Er det feil i journalen, retter virksomheten det.",
                "The EPJ vendor sends the number of participants, and nothing where it is not "
                "known or there was no group. If it is wrong in the record, the health station "
                "corrects it.",
            ),
            check=col("group_size").is_between(1, LARGEST_GROUP),
        ),
        Rule(
            id="GRADE_IMPOSSIBLE",
            severity=Severity.SET_ASIDE,
            field="grade",
            text_no="Skoletrinnet er utenfor 1–13 og er ikke lagret.",
            text_en="The school grade is outside 1–13 and is not stored.",
            action=Action(
                (Who.EPJ_VENDOR, Who.HEALTH_STATION),
                "Leverandøren sender trinnet som et tall: 1–10 i grunnskolen, 11–13 for Vg1–Vg3, "
                "og ingenting der det ikke er kjent. Er det feil i journalen, retter virksomheten "
                "det.",
                "The EPJ vendor sends the grade as a number: 1–10 in primary and lower secondary "
                "school, 11–13 for Vg1–Vg3, and nothing where it is not known. If it is wrong in "
                "the record, the health station corrects it.",
            ),
            check=col("grade").is_between(1, 13),
        ),
        Rule(
            id="GRADE_AGAINST_AGE",
            severity=Severity.WARN,
            services=PUPILS,
            field="grade",
            text_no="Skoletrinnet er mer enn to trinn fra det som følger av alderen.",
            text_en="The school grade is more than two grades from what follows from the age.",
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
                (Who.EPJ_VENDOR,),
                "Leverandøren sender tjenesten som hadde konsultasjonen, eller programtrinnet den "
                "virkelig var.",
                "The EPJ vendor sends the service that held the consultation, or the step that it "
                "really was.",
            ),
            check=~col("programme_step").is_in(_of_other_services(reference)),
        ),
        Rule(
            id="PROGRAMME_STEP_AGAINST_AGE",
            severity=Severity.WARN,
            services=CHILDREN,
            field="programme_step",
            text_no="Konsultasjonen i programmet passer ikke med alderen: barnet er langt yngre "
            "eller mer enn dobbelt så gammelt.",
            text_en="The programme step does not fit the age: the child is far younger, or more "
            "than twice as old.",
            action=CHECK_MAPPING_OR_RECORD,
            check=_age_near_step(reference),
        ),
        Rule(
            id="AGE_UNUSUAL_FOR_SERVICE",
            severity=Severity.WARN,
            field="service",
            text_no="Alderen er uvanlig for tjenesten (helsestasjon 0–8 år, skolehelsetjeneste "
            "5–22 år, HFU 10–27 år).",
            text_en="The age is unusual for the service (health station 0 to 8 years, school "
            "health service 5 to 22, youth clinic 10 to 27).",
            action=CHECK_MAPPING_OR_RECORD,
            check=_age_fits_service(),
        ),
    )


def _forms_told(conjunction: str) -> str:
    """The types that go with some forms only, in words."""
    return "; ".join(
        f"{kind}: {f' {conjunction} '.join(forms)}" for kind, forms in _FORMS_OF_TYPE.items()
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
    # Advice to parents is given to the parent, who may be the patient of the record.
    return usual | col("programme_step").is_in(codes.STEPS_OUTSIDE_PROGRAMME)


def _by(column: str, limits: Mapping[str, int]) -> pl.Expr:
    """The limit for the code in a column; null for every other code."""
    return col(column).replace_strict(
        list(limits), list(limits.values()), default=None, return_dtype=pl.Int32
    )


def _of_other_services(reference: Reference) -> list[str]:
    """Reported codes of steps that the health station for 0 to 5 years does not hold."""
    steps = reference.steps.by_code
    return [*_CODES_OF_OTHERS, *(code for code, step in steps.items() if step in _STEPS_OF_OTHERS)]


def _age_near_step(reference: Reference) -> pl.Expr:
    """Within the step's window, with a month and a tenth before it and twice its end after it."""
    windows: dict[str, tuple[int, int]] = {}
    for code, low, high in reference.programme.select(
        "code", "window_from_days", "window_to_days"
    ).iter_rows():
        if code not in _STEPS_OF_OTHERS:
            # Programmes change; the rule is about mistakes, so the widest window counts.
            first, last = windows.get(code, (low, high))
            windows[code] = min(first, low), max(last, high)
    known = {code: windows[s] for code, s in reference.steps.by_code.items() if s in windows}
    earliest = {code: int(low * 0.9) - 30 for code, (low, _) in known.items()}
    latest = {code: 2 * high + 60 for code, (_, high) in known.items()}
    return col("_age_days").is_between(
        _by("programme_step", earliest), _by("programme_step", latest)
    )
