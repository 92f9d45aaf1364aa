"""Write records in two steps: fields known by column, then fields by record.

A frame knows all fields of a cleaned record but its key, version and person. Known fields are
written for all rows at once, in runs: fields that are neighbours in the schema. Fields that are
decided later are written around the runs. The bytes are those of ``wire.encode`` over the whole
record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby, repeat
from operator import getitem, itemgetter
from typing import Any, Final

from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.encoder import FRAME, UNUSUAL, encoder

Columns = Mapping[str, Sequence[Any]]
"""Values by field and row."""

_NOT_WRITTEN: Final[tuple[bytes, ...]] = ()


class Row(Mapping[str, Any]):
    """The known fields of one record: values by field, and their bytes."""

    __slots__ = ("_columns", "_row", "names", "runs")

    def __init__(
        self, columns: Columns, names: frozenset[str], row: int, runs: tuple[bytes, ...]
    ) -> None:
        self._columns, self.names, self._row = columns, names, row
        self.runs = runs
        """The bytes of each run; empty if a value is not of the type that the schema expects."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - whatever the field holds
        return self._columns[name][self._row]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class _RecordLayout:
    """The places of the runs among the other fields of a record."""

    def __init__(self, name: str, known: frozenset[str]) -> None:
        written = schema(name)
        if unknown := known.difference(written.field_names):
            raise ValueError(f"The schema {name} has no field {min(unknown)}.")
        self._tables = encoder(written).tables
        self._head = FRAME.pack(0, written.id)
        self._runs: list[tuple[str, ...]] = []
        self._places: list[int] = []
        later: list[str] = []
        for is_known, fields in groupby(written.field_names, known.__contains__):
            if is_known:
                self._places.append(len(later) + len(self._runs))
                self._runs.append(tuple(fields))
            else:
                later.extend(fields)
        self._later = itemgetter(*later)
        self._later_tables: list[Any] = [self._tables[field] for field in later]
        self._defaults = {f: v for f, v in encoder(written).defaults.items() if f in later}

    def write(self, columns: Columns, count: int) -> Iterable[tuple[bytes, ...]]:
        """Return the runs of every row."""
        if not self._runs:
            return repeat(_NOT_WRITTEN, count)
        return zip(
            *(
                map(b"".join, zip(*(self._tables[f].column(columns[f]) for f in run), strict=True))
                for run in self._runs
            ),
            strict=True,
        )

    def join(self, runs: tuple[bytes, ...], later: Mapping[str, Any]) -> bytes:
        """Return the framed record."""
        whole = {**self._defaults, **later}
        if len(whole) != len(self._later_tables):
            raise KeyError
        parts = [self._head]
        parts.extend(map(getitem, self._later_tables, self._later(whole)))
        for place, run in zip(self._places, runs, strict=True):
            parts.insert(place + 1, run)
        return b"".join(parts)


@cache
def _layout(name: str, known: frozenset[str]) -> _RecordLayout:
    return _RecordLayout(name, known)


def by_column(name: str, columns: Columns, count: int) -> list[Row]:
    """Return the rows of some fields of a record, ``count`` values each.

    ValueError for a field that the schema does not have.
    """
    names = frozenset(columns)
    layout = _layout(name, names)
    try:
        runs = list(layout.write(columns, count))
    except UNUSUAL:
        runs = [_NOT_WRITTEN] * count
    return list(map(Row, repeat(columns), repeat(names), range(count), runs))


def encode(name: str, content: Mapping[str, Any], later: Mapping[str, Any]) -> bytes:
    """Return the framed record of a content and of the other fields, decided later.

    ValueError for a field that the schema does not have.
    """
    if isinstance(content, Row) and content.runs:
        try:
            return _layout(name, content.names).join(content.runs, later)
        except UNUSUAL:
            pass  # writing the whole record says what is wrong
    return wire.encode(name, {**content, **later})
