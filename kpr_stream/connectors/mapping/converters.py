"""Convert JSON values for one system: parse, then take the field's value. Pure.

A converter has two halves, so that fields with one path share one parse: the start of an item is
written as one text and fills three fields.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.values import Instant, JsonNumber, UnreadableValueError
from kpr_stream.connectors.mapping.fields import Converter, Field
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.model.by_value import ByValue, is_short
from kpr_stream.model.codes import PRECISION_DATE, PRECISION_MINUTE

Parse = Callable[[object], Any]
"""A JSON value in, the parsed value or None (nothing there) out; UnreadableValueError."""
Take = Callable[[Any], Any]
"""A parsed value in, the field's value out."""


def parser(field: Field, profile: Profile) -> Parse:
    """Return what reads the JSON value of a field."""
    parse = _PARSERS[field.converter](field.name, profile)
    return _remembered(parse) if field.converter in _REPEATED else parse


def _remembered(parse: Parse) -> Parse:
    """Return the same with a memory of values: those of codes, dates and measures come again."""
    # Two memories: a number and a text with its digits are equal, and are not read alike.
    texts, numbers = ByValue(parse, is_short), ByValue(parse, is_short)

    def read(value: object) -> Any:  # noqa: ANN401 - what the field's parser returns
        kind = type(value)
        if kind is str:
            return texts[value]
        return numbers[value] if kind is JsonNumber else parse(value)

    return read


def taker(field: Field) -> Take | None:
    """Return what takes the field's value from the parsed one; None if it is the same."""
    return _OF_INSTANT.get(field.converter)


def _precision(instant: Instant) -> str:
    return PRECISION_DATE if instant.whole_day else PRECISION_MINUTE


_REPEATED: Final = frozenset(
    {Converter.CODE, Converter.INTEGER, Converter.DAY, Converter.WEIGHT, Converter.LENGTH}
)
"""Reading one of these costs more than finding what it gave before."""
_OF_INSTANT: dict[Converter, Take] = {
    Converter.INSTANT: attrgetter("micros"),
    Converter.OFFSET: attrgetter("offset_minutes"),
    Converter.PRECISION: _precision,
}


def _day(profile: Profile) -> Parse:
    return lambda value: values.day(value, day_first=profile.day_first_dates)


def _quantity(factor: int) -> Parse:
    return lambda value: values.quantity(value, factor=factor)


def _code(name: str, profile: Profile) -> Parse:
    table = profile.codes.get(name, {})

    def convert(value: object) -> str | None:
        local = values.text(value)
        return None if local is None else table.get(local, local)

    return convert


def _codes(name: str, profile: Profile) -> Parse:
    code = _remembered(_code(name, profile))

    def convert(value: object) -> list[str] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            raise UnreadableValueError
        return [one for one in map(code, value) if one is not None]

    return convert


_PARSERS: dict[Converter, Callable[[str, Profile], Parse]] = {
    Converter.TEXT: lambda _, __: values.text,
    Converter.ID: lambda _, __: values.own_id,
    Converter.INTEGER: lambda _, __: values.integer,
    Converter.CODE: _code,
    Converter.CODES: _codes,
    Converter.DAY: lambda _, profile: _day(profile),
    Converter.WEIGHT: lambda _, profile: _quantity(profile.weight_unit.value),
    Converter.LENGTH: lambda _, profile: _quantity(profile.length_unit.value),
    Converter.INSTANT: lambda _, __: values.instant,
    Converter.OFFSET: lambda _, __: values.instant,
    Converter.PRECISION: lambda _, __: values.instant,
}
