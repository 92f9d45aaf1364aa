"""One case for each outcome of an item that needs an earlier delivery, and for each note."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from kpr_stream.model.words import Note, Outcome
from tests.support.deliveries import consultation, synthetic_id
from tools.golden.case import Case
from tools.golden.sender import OTHER_SYSTEM, SYSTEM, Sender, time_of

ACCEPTED = {Outcome.ACCEPTED: 1}
DELETE = {"operation": "delete", "consultation_id": "k-1"}


def cases(unit: Iterator[str]) -> Iterator[Case]:
    """Every case of this kind."""
    one = Sender("outcome-corrected", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    one.send([consultation(1, weight_g=4600)], sequence=2, outcomes={Outcome.CORRECTED: 1})
    yield Case(name=one.name, shows="A known item with new content.", sent=one.sent)

    one = Sender("outcome-deleted", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    one.send([DELETE], sequence=2, outcomes={Outcome.DELETED: 1})
    yield Case(name=one.name, shows="An item is deleted.", sent=one.sent)

    one = Sender("outcome-deleted-first", next(unit))
    one.send([DELETE], outcomes={Outcome.DELETED: 1})
    earlier = time_of(0) - timedelta(hours=1)
    one.send([consultation(1)], sequence=2, extracted_at=earlier, outcomes={Outcome.STALE: 1})
    yield Case(
        name=one.name, shows="A deletion arrives before the older item itself.", sent=one.sent
    )

    one = Sender("outcome-duplicate", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    one.send([consultation(1)], sequence=2, outcomes={Outcome.DUPLICATE: 1})
    yield Case(name=one.name, shows="A known item with the same content.", sent=one.sent)

    one = Sender("outcome-superseded", next(unit))
    one.send(system=SYSTEM)
    one.send([consultation(1)], system=OTHER_SYSTEM, outcomes=ACCEPTED)
    one.send([consultation(1)], system=SYSTEM, sequence=2, outcomes={Outcome.SUPERSEDED: 1})
    yield Case(
        name=one.name,
        shows="The unit's newer system already reports the same consultation.",
        sent=one.sent,
    )

    one = Sender("outcome-stale", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    one.send(
        [consultation(1, weight_g=4600)],
        sequence=2,
        extracted_at=time_of(0) - timedelta(hours=1),
        outcomes={Outcome.STALE: 1},
    )
    yield Case(name=one.name, shows="Content that is older than the known one.", sent=one.sent)

    one = Sender("outcome-rejected", next(unit))
    one.send(
        [consultation(1, consultation_id=None), consultation(2, start=None)],
        outcomes={Outcome.REJECTED: 2},
    )
    yield Case(name=one.name, shows="Items without an id and without a start.", sent=one.sent)

    notes: dict[Note, dict[str, Any]] = {
        Note.SOFTWARE_VERSION_EMPTY: {"software_version": " "},
        Note.SOFTWARE_VERSION_TOO_LONG: {"software_version": "7" * 65},
        Note.SOFTWARE_VERSION_LIKE_ID: {"software_version": synthetic_id(date(2019, 5, 4))},
        Note.PERIOD_REVERSED: {"period_from": date(2024, 3, 4), "period_to": date(2024, 3, 3)},
        Note.PERIOD_BEFORE_2017: {"period_from": date(2016, 12, 31)},
        Note.PERIOD_AFTER_TODAY: {"period_to": date(2099, 1, 1)},
    }
    for note, envelope in notes.items():
        one = Sender(f"note-{note.lower().replace('_', '-')}", next(unit))
        one.send([consultation(1)], notes=(note,), outcomes=ACCEPTED, **envelope)
        yield Case(name=one.name, shows=f"Processed, with the note {note}.", sent=one.sent)
