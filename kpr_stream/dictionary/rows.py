"""The dictionary as JSON, and as CSV with one line for each field. Pure."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Final

from kpr_stream.dictionary.model import Dictionary, all_fields

HEAD: Final = (
    *("relation", "kind", "field", "type", "nullable", "unit", "code_list", "codes"),
    *("questions", "source", "description"),
)


def as_json(whole: Dictionary) -> str:
    """Return the dictionary as JSON."""
    return json.dumps(asdict(whole), indent=2, ensure_ascii=False) + "\n"


def as_csv(whole: Dictionary) -> str:
    """Return one line for each field. Codes: ``code=Bokmål/English``, divided by ``; ``."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEAD)
    for relation, one in all_fields(whole):
        codes = "; ".join(f"{c.code}={c.name_no}/{c.name_en}" for c in one.codes)
        lines.writerow(
            (
                *(relation.name, relation.kind, one.name, one.type),
                *("yes" if one.nullable else "no", one.unit or "", one.code_list or "", codes),
                *("".join(one.questions), one.source, one.text),
            )
        )
    return out.getvalue()
