"""Count the codes of an export that no table maps to a code of the contract. Pure.

Such a code is sent unchanged, and the receiver reports it item by item. The count shows a vendor
which rows are missing in its table. It is printed and may end in a log: free text is not shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, filterfalse
from typing import Any, Final

from kpr_stream.connectors.mapping.fields import CODED_FIELDS, CODED_LISTS
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.reference import Reference

MOST_CODES: Final = 1_000
"""Distinct codes that are counted. Free text in a code's place would otherwise fill the memory."""
_SHOWN = re.compile(r"(?!.*[0-9]{6})[A-Za-z0-9][A-Za-z0-9_.:|/-]{0,79}", re.ASCII)
"""What can be a code. Six digits in a row may be a birth date or more, and are not shown."""
_WORD = re.compile(r"[A-Za-z]{3}", re.ASCII)
NOT_SHOWN: Final = "(not shown)"
FEWEST: Final = 5
"""Items from which on a word is shown. A rarer one may be a name or a finding that somebody wrote
in a code's place; ``connect errors --warnings`` gives its place to those who may read the file."""


@dataclass(frozen=True, slots=True, order=True)
class UnmappedCode:
    """A coded field of the contract, and a code of the system that is not one of its codes."""

    field: str
    code: str


Known = Mapping[str, frozenset[str]]
"""The contract's codes of each coded field."""


@cache
def contract_codes(reference: Reference) -> Known:
    """Return the contract's codes of each coded field."""
    return {field: frozenset(reference.known_codes(field)) for field in CODED_FIELDS}


def unmapped_codes(items: Iterable[Item], known: Known) -> Counter[UnmappedCode]:
    """Count the codes in items that the contract does not have."""
    found: Counter[UnmappedCode] = Counter()
    items = list(items)
    for field, codes in known.items():
        values: Iterable[Any] = [item.get(field) for item in items]
        if field in CODED_LISTS:
            values = chain.from_iterable(filter(None, values))
        for code in filterfalse(codes.__contains__, filter(None, values)):
            found[UnmappedCode(field, code_shown(code))] += 1
    return found


def code_shown(code: str) -> str:
    """Return a code for a report; a text that may be personal is left out."""
    return code if _SHOWN.fullmatch(code) else NOT_SHOWN


def shown(counted: Mapping[UnmappedCode, int]) -> Counter[UnmappedCode]:
    """Return counts for a report: words that few items have count as one that is not shown."""
    found: Counter[UnmappedCode] = Counter()
    for one, number in counted.items():
        # A code of FHIR has its code system before it.
        rare = number < FEWEST and _WORD.search(one.code.rpartition("|")[2])
        found[UnmappedCode(one.field, NOT_SHOWN) if rare else one] += number
    return found


def add_bounded(to: Counter[UnmappedCode], more: Mapping[UnmappedCode, int]) -> None:
    """Add counts; beyond the bound, new codes count as one that is not shown."""
    for one, number in more.items():
        known = one in to or len(to) < MOST_CODES
        to[one if known else UnmappedCode(one.field, NOT_SHOWN)] += number
