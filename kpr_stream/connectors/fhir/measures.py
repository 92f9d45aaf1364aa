"""Map the Observations of an encounter to the measures of an item. Pure.

The unit comes from the value's own UCUM code. Another unit than g, kg and cm is no guess: the field
is named in ``unreadable``, and the receiver reports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.values import UnreadableValueError
from kpr_stream.connectors.fhir.elements import codings, inner, objects
from kpr_stream.connectors.fhir.rules import FhirRules
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.connectors.mapping.table import MeasureRow

UCUM: Final = "http://unitsofmeasure.org"
UNITS: Final[Mapping[str, Mapping[str, int]]] = {
    "weight_g": {"g": 1, "kg": 1000},
    "length_mm": {"cm": 10},
    "head_circumference_mm": {"cm": 10},
}
"""UCUM codes of a measure, and the factor to the contract's unit."""
_NOT_MEASURED: Final = {
    "weight_g": "weight_reason_not_measured",
    "length_mm": "length_reason_not_measured",
    "head_circumference_mm": "head_circumference_reason_not_measured",
}
NOT_VALID: Final = ("cancelled", "entered-in-error")
"""States of an Observation that was never made, or is withdrawn."""


def row_of(observation: Mapping[str, Any], rules: FhirRules) -> MeasureRow | None:
    """Return the row that an Observation is read by; None if the register does not collect it."""
    if observation.get("status") in NOT_VALID:
        return None
    rows = (rules.measures.get(one) for one in codings(observation.get("code")))
    return next((row for row in rows if row is not None), None)


def put_measures(item: Item, observations: Iterable[Mapping[str, Any]], rules: FhirRules) -> None:
    """Fill the measures of an item. Of two values of one measure the later one counts."""
    by_field: dict[str, list[tuple[Mapping[str, Any], MeasureRow]]] = {}
    for one in observations:
        row = row_of(one, rules)
        if row is not None:
            by_field.setdefault(row.field, []).append((one, row))
    for name, found in sorted(by_field.items()):
        chosen = _latest(found)
        if chosen is None:
            item["unreadable"].append(name)
        else:
            _put(item, name, *chosen, rules)


def _put(item: Item, name: str, one: Mapping[str, Any], row: MeasureRow, rules: FhirRules) -> None:
    if name in UNITS:
        if "valueQuantity" in one:
            try:
                item[name] = _quantity(one["valueQuantity"], UNITS[name])
            except UnreadableValueError:
                item["unreadable"].append(name)
        else:
            reason = _NOT_MEASURED[name]
            item[reason] = rules.code(reason, codings(one.get("dataAbsentReason")))
        if name == "length_mm":
            item["length_position"] = row.position or rules.code("length_position", _how(one))
    else:
        found = codings(one.get("valueCodeableConcept"), one.get("dataAbsentReason"))
        item[name] = rules.code(name, found)
        if item[name] is None:
            item["unreadable"].append(name)


def _quantity(value: object, units: Mapping[str, int]) -> int | None:
    """Return a Quantity in the contract's unit; UnreadableValueError for any other one."""
    if not isinstance(value, dict) or value.get("system") != UCUM or "comparator" in value:
        raise UnreadableValueError
    factor = units.get(str(value.get("code")))
    if factor is None:
        raise UnreadableValueError
    return values.quantity(value.get("value"), factor=factor)


def _how(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the codings that may say how a length was measured."""
    extensions = objects(one.get("extension"))
    return codings(
        one.get("method"),
        *(inner(found, "valueCodeableConcept") for found in extensions),
        *(inner(found, "valueCoding") for found in extensions),
    )


def _latest(
    found: Sequence[tuple[Mapping[str, Any], MeasureRow]],
) -> tuple[Mapping[str, Any], MeasureRow] | None:
    """Return the latest Observation of a measure; None if two are as late and not the same."""
    times = [_time(one) for one, _ in found]
    last = max(times)
    latest = [pair for pair, time in zip(found, times, strict=True) if time == last]
    contents = [
        {key: one.get(key) for key in ("valueQuantity", "valueCodeableConcept", "dataAbsentReason")}
        for one, _ in latest
    ]
    return latest[0] if all(content == contents[0] for content in contents) else None


def _time(one: Mapping[str, Any]) -> int:
    """Return when it was measured, in microseconds; before everything else if nobody says."""
    try:
        at = values.instant(one.get("effectiveDateTime"))
    except UnreadableValueError:
        at = None
    return -(2**63) if at is None else at.micros
