"""The rules for the start of an item."""

from __future__ import annotations

import polars as pl
from polars import col

from kpr_stream.model.codes import ATTENDED, NOT_ATTENDED
from kpr_stream.model.words import Severity
from kpr_stream.rules.actions import CHECK_RECORD
from kpr_stream.rules.rule import BOTH, Action, Responsible, Rule

_MICROSECONDS_A_DAY = 86_400_000_000
_AN_HOUR = 3_600_000_000
FIRST_START = 17_167 * _MICROSECONDS_A_DAY - _AN_HOUR
"""2017-01-01 in Norway, in microseconds: the register's first year begins."""
FIRST_ATTENDED = 10_957 * _MICROSECONDS_A_DAY - _AN_HOUR
"""2000-01-01 in Norway, in microseconds. No journal of today reports an older visit: the time is a
default of some program, or mistyped."""
AFTER_EXTRACTION = _MICROSECONDS_A_DAY
"""How long after its extraction an attended visit may begin: a day, since a program may write local
time as UTC, and clocks differ."""
AHEAD_MS = 10 * 60 * 1000
"""How far a start may lie ahead of the broker's clock, since clocks differ."""
FAR_AHEAD_MS = 5 * 366 * 86_400_000
"""No appointment of the programme is made so long before: from birth, the last one is at four
years."""
FIRST_DAY, LAST_DAY = -25_567, 47_481
"""1900-01-01 and 2099-12-31 in days. A date outside is a mistake, and some readers' calendars could
not hold it."""
NULL_DAY = -719_162
"""0001-01-01 in days: what .NET and others write in place of no date."""
LAST_NULL_START = _MICROSECONDS_A_DAY
"""No start after it is written in place of none: the epoch's midnight on a clock west of UTC."""


def is_null_day(field: str) -> pl.Expr:
    """Whether a program wrote a date in place of none: 0001-01-01, or the day before it.

    The day before is the same date in another zone. 1970-01-01 is a birth date like any other, but
    nobody of this register was discharged from a maternity ward then.
    """
    first = col(field).is_between(NULL_DAY - 1, NULL_DAY)
    return first | (col(field) == 0) if field == "maternity_discharge_date" else first


def is_null_start() -> pl.Expr:
    """Whether a program wrote a start in place of none: 0001-01-01, or 1970-01-01T00:00.

    1970-01-01 in UTC, in Norway, or on the clock that was written.
    """
    start = col("start")
    local = start + col("start_offset_minutes").fill_null(0).cast(pl.Int64) * 60_000_000
    first = NULL_DAY * _MICROSECONDS_A_DAY
    return (
        (start == 0)
        | (start == -_AN_HOUR)
        | (local == 0)
        | start.is_between(first - _MICROSECONDS_A_DAY, first + _MICROSECONDS_A_DAY - 1)
    )


def start_is_usable() -> pl.Expr:
    """Whether a start is one that the item can have had; null if there is no start."""
    possible = col("start").is_between(
        (FIRST_DAY + 1) * _MICROSECONDS_A_DAY, LAST_DAY * _MICROSECONDS_A_DAY - 1
    )
    held = col("start").is_between(FIRST_ATTENDED, col("_extracted_at") * 1000 + AFTER_EXTRACTION)
    return possible & (held | (col("attendance") != ATTENDED).fill_null(value=True))


def time_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    return (
        Rule(
            id="START_MISSING",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet mangler. 0001-01-01 og 1970-01-01T00:00Z, som programmer "
            "skriver når de ikke har noe tidspunkt, regnes som manglende.",
            text_en="The start is missing. 0001-01-01 and 1970-01-01T00:00Z, which programs write "
            "if they have no time, count as missing.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren sender starttidspunktet med avviket fra UTC "
                "(2024-03-04T10:00:00+01:00). Har journalen bare datoen, sender leverandøren "
                "datoen alene.",
                "The EPJ vendor sends the start with its offset from UTC "
                "(2024-03-04T10:00:00+01:00). If the record has only the date, the EPJ vendor "
                "sends the date alone.",
            ),
            check=col("start").is_not_null(),
            watches="operation",
        ),
        Rule(
            id="START_UNREADABLE",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet kan ikke leses.",
            text_en="The start cannot be read.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren skriver starttidspunktet etter ISO 8601 med avviket fra UTC "
                "(2024-03-04T10:00:00+01:00), slik export-format.md beskriver, og sender hendelsen "
                "på nytt.",
                "The EPJ vendor writes the start as ISO 8601 with its offset from UTC "
                "(2024-03-04T10:00:00+01:00), as export-format.md describes, and sends the item "
                "again.",
            ),
            check=~col("_start_unreadable"),
            watches="_start_unreadable",
            about_unreadable=True,
        ),
        Rule(
            id="START_IMPOSSIBLE",
            severity=Severity.REJECT,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet kan ikke stemme. Det ligger ikke mellom 1900 og 2099, eller "
            "oppmøtet er møtt, og starten er før år 2000 eller mer enn ett døgn etter uttrekket.",
            text_en="The start cannot be right. It is not between 1900 and 2099, or the attendance "
            "is attended and the start is before the year 2000 or more than a day after the "
            "extraction.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren kontrollerer hvilket felt uttrekket henter, og at klokken i systemet "
                "går riktig. Er starttidspunktet feil i journalen, retter virksomheten det og "
                "sender hendelsen på nytt.",
                "The EPJ vendor checks which field the export reads, and that the system's clock "
                "is right. If the start is wrong in the record, the health station corrects it and "
                "sends the item again.",
            ),
            check=start_is_usable(),
        ),
        Rule(
            id="START_IN_FUTURE",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet ligger fram i tid, men oppmøtet er registrert som møtt eller "
            "ikke møtt.",
            text_en="The start is in the future, but the attendance is attended or not attended.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren kontrollerer at uttrekket har riktig avvik fra UTC, og riktig "
                "oppmøtestatus for framtidige timer. Er journalen feil, retter virksomheten den og "
                "sender hendelsen på nytt.",
                "The EPJ vendor checks that the export has the right offset from UTC, and the "
                "right attendance for future appointments. If the record is wrong, the health "
                "station corrects it and sends the item again.",
            ),
            check=~col("attendance").is_in([ATTENDED, NOT_ATTENDED])
            | (col("start") <= (col("_received_at") + AHEAD_MS) * 1000),
            watches="attendance",
        ),
        Rule(
            id="START_FAR_AHEAD",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet ligger mer enn fem år fram i tid. Årstallet er trolig feil.",
            text_en="The start is more than five years ahead. The year is probably wrong.",
            action=CHECK_RECORD,
            check=col("start") <= (col("_received_at") + FAR_AHEAD_MS) * 1000,
        ),
        Rule(
            id="START_BEFORE_REGISTER",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start",
            text_no="Starttidspunktet er før 2017. Registeret begynner i 2017.",
            text_en="The start is before 2017. The register begins in 2017.",
            action=Action(
                (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
                "Leverandøren tar ikke med konsultasjoner fra før 2017. Er datoen feil i "
                "journalen, retter virksomheten den og sender hendelsen på nytt.",
                "The EPJ vendor leaves out consultations from before 2017. If the date is wrong in "
                "the record, the health station corrects it and sends the item again.",
            ),
            check=col("start") >= FIRST_START,
        ),
        Rule(
            id="OFFSET_NOT_NORWEGIAN",
            severity=Severity.WARN,
            message_types=BOTH,
            field="start_offset_minutes",
            text_no="Avviket fra UTC er ikke avviket som gjaldt i Norge på tidspunktet (60 "
            "minutter om vinteren, 120 om sommeren). Klokkeslettet er trolig en time feil.",
            text_en="The offset from UTC is not the one in force in Norway at that time (60 "
            "minutes in winter, 120 in summer). The time is probably one hour wrong.",
            action=Action(
                (Responsible.EPJ_VENDOR,),
                "Leverandøren skriver tidspunktet med avviket som gjaldt på tidspunktet "
                "(2024-03-04T10:00:00+01:00, 2024-07-04T10:00:00+02:00), eller i UTC (…Z).",
                "The EPJ vendor writes the time with the offset in force at that time "
                "(2024-03-04T10:00:00+01:00, 2024-07-04T10:00:00+02:00), or in UTC (…Z).",
            ),
            check=(col("start_offset_minutes") == 0)
            | (col("start_offset_minutes") == col("_norwegian_offset"))
            | (col("start") < FIRST_START),
        ),
    )
