"""What a table of such a topic is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpr_stream.sinks.latest import SinkRecord

Row = Mapping[str, Any]
"""Values of a row by column, without the source columns."""
RowsOf = Callable[[SinkRecord], Mapping[str, Sequence[Row]]]
"""Returns the rows of a record by table name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTable:
    """A table and its primary key.

    ``mirror``: only the newest record of a key counts, as in a compacted topic. Otherwise the table
    is a log: rows are added, and stay when the topic forgets them.
    """

    name: str
    unique: tuple[str, ...]
    mirror: bool
    db_schema: str = "content"

    @property
    def full_name(self) -> str:
        """Return schema and table."""
        return f"{self.db_schema}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTopic:
    """A topic, the tables that it fills, and how.

    ``key_of`` returns the primary key in a record key: of a mirror, whose records may be erased.
    ``from_processor``: every record has a ledger header, and one without is a stranger's.
    """

    topic: str
    tables: tuple[ValueTable, ...]
    rows_of: RowsOf
    key_of: Callable[[bytes], Row] | None = None
    own: Mapping[str, str] = field(default_factory=dict)
    """Values by which the rows of this topic differ from others' in the same tables."""
    from_processor: bool = True
