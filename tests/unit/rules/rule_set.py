"""Digests of the rules, beside the version of the rule set that they belong to.

``python -m tests.unit.rules.rule_set`` writes ``rule_set.json``. The command refuses if rules have
changed and the version has not.
"""

from __future__ import annotations

import json
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import polars as pl

from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import RULE_SET_VERSION, catalogue
from kpr_stream.rules.rule import Rule

FILE: Final = Path(__file__).with_name("rule_set.json")
_WORDING: Final = {"text_no", "text_en", "action"}
"""Fields of a rule that do not change what the rule accepts."""


def digest(rule: Rule) -> str:
    """Return a digest of everything that decides what a rule accepts, its wording excluded."""
    named = {f.name: getattr(rule, f.name) for f in fields(rule) if f.name not in _WORDING}
    check = named.pop("check").meta.serialize()
    return sha256(json.dumps(named, sort_keys=True).encode() + check).hexdigest()


def current() -> dict[str, Any]:
    """Return the digests of today's rules, and the versions that they depend on.

    Code lists of the reference data are part of the checks, and Polars serialises the checks.
    """
    reference = load_reference()
    return {
        "made_with": {
            "rule_set": RULE_SET_VERSION,
            "reference": reference.version,
            "polars": pl.__version__,
        },
        "digests": {rule.id: digest(rule) for rule in catalogue(reference)},
    }


def stored() -> dict[str, Any]:
    """Return the content of ``rule_set.json``."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the ids of rules that are new, withdrawn or different."""
    old, new = before["digests"], after["digests"]
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def problem(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """Return what to do about rules that changed without a new version; None if nothing."""
    rules = changed(before, after)
    if not rules or before["made_with"] != after["made_with"]:
        return None
    return (
        f"Rules changed, and the rule set is still version {after['made_with']['rule_set']}: "
        f"{', '.join(rules)}. Count up RULE_SET_VERSION in kpr_stream/rules/catalogue.py, then run "
        "python -m tests.unit.rules.rule_set."
    )


def write() -> None:
    """Write today's digests; SystemExit if the rules need a new version first."""
    after = current()
    if FILE.exists():
        found = problem(stored(), after)
        if found is not None:
            raise SystemExit(found)
    FILE.write_text(json.dumps(after, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
