"""Deliveries that are processed, each with something that a sender must get right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kpr_stream.model.words import MessageType, Outcome, ReceiptStatus
from tests.support.deliveries import appointment, consultation
from tools.golden.case import Case
from tools.golden.raw import deflated, full_schema_container, item_bytes
from tools.golden.sender import Sender

ACCEPTED: Final = {Outcome.ACCEPTED: 1}
LONG_ID: Final = 200
"""The longest local id in bytes."""
PART_ITEMS: Final = 890
"""Items with long ids: their receipt is larger than one part."""
NAMES: Final = "Ærfugl, Østre Åsen skole – 5. trinn «blå»"


def cases(unit: Iterator[str]) -> Iterator[Case]:
    """Every case of this kind."""
    one = Sender("consultation", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    yield Case(name=one.name, shows="One consultation.", sent=one.sent)

    one = Sender("appointment", next(unit))
    one.send([appointment(1)], message_type=MessageType.APPOINTMENT, outcomes=ACCEPTED)
    yield Case(name=one.name, shows="One appointment.", sent=one.sent)

    one = Sender("hello", next(unit))
    one.send(message_type=MessageType.HELLO, status=ReceiptStatus.HELLO)
    yield Case(name=one.name, shows="A new unit asks where to begin.", sent=one.sent)

    one = Sender("hello-resumes", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    one.send(sequence=2)
    one.send(message_type=MessageType.HELLO, status=ReceiptStatus.HELLO)
    yield Case(
        name=one.name,
        shows="A sender that has lost its outbox asks where to resume.",
        sent=one.sent,
    )

    one = Sender("quiet-day", next(unit))
    one.send()
    yield Case(name=one.name, shows="A day without items.", sent=one.sent)

    one = Sender("non-ascii", next(unit))
    one.send([_named(1), _named(2, weight_g=150)], outcomes={Outcome.ACCEPTED: 2})
    yield Case(name=one.name, shows="Local ids and names with Norwegian letters.", sent=one.sent)

    one = Sender("deflate", next(unit))
    one.send(
        [consultation(1)], clear=deflated(item_bytes([consultation(1)]), count=1), outcomes=ACCEPTED
    )
    yield Case(name=one.name, shows="A payload with the codec deflate.", sent=one.sent)

    one = Sender("schema-with-documentation", next(unit))
    one.send([consultation(1)], clear=full_schema_container([consultation(1)]), outcomes=ACCEPTED)
    yield Case(name=one.name, shows="The schema in the payload as it is published.", sent=one.sent)

    one = Sender("several-items", next(unit))
    mixed = [
        consultation(1),
        consultation(2, weight_g=150),
        consultation(3, consultation_id=" k-3 "),
        consultation(4, consultation_id=None),
    ]
    one.send(mixed, outcomes={Outcome.ACCEPTED: 3, Outcome.REJECTED: 1})
    yield Case(
        name=one.name,
        shows="Items with a value set aside, with a warning, and one that is rejected.",
        sent=one.sent,
    )

    one = Sender("receipt-in-parts", next(unit))
    kept = [{"operation": "keep", "consultation_id": _long_id(n)} for n in range(PART_ITEMS)]
    one.send(kept, outcomes={Outcome.DUPLICATE: PART_ITEMS}, parts=2)
    yield Case(name=one.name, shows="A receipt that comes in two parts.", sent=one.sent)


def _named(number: int, **changes: Any) -> dict[str, Any]:
    names = {"department_id": NAMES, "local_consultation_type": "2 ÅR"}
    return consultation(number, consultation_id=f"kons-æøå-{number}", **names, **changes)


def _long_id(number: int) -> str:
    return f"{number:04}".rjust(LONG_ID, "k")
