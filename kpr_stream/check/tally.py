"""Count the findings of a dry run, and show one item as JSON, without values."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from kpr_stream.check.judge import CheckedItem, Finding
from kpr_stream.check.not_read import meant
from kpr_stream.connectors.export.left_out import LeftOut, Part
from kpr_stream.connectors.export.names import TYPES, ExportFile
from kpr_stream.errors import KprError, UnforeseenError
from kpr_stream.model.limits import MAX_KEYS_SHOWN
from kpr_stream.model.words import OUTCOMES, Outcome, Severity
from kpr_stream.rules.catalogue import RULE_SET_VERSION
from kpr_stream.rules.rule import Rule

UNUSABLE_EXIT: Final = 2
PLACES_SHOWN = 3
"""Places shown of each rule: enough to find the mistake, few enough to read."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What was assumed of a file whose name says nothing."""

    file: str
    problem: str
    message_type: str
    period: str
    extracted: str

    def as_json(self) -> dict[str, str]:
        """Return this as a JSON value."""
        return asdict(self)


def assumed(name: str, problem: str, file: ExportFile) -> Assumed:
    """Return what ``file`` has that its name does not say."""
    types = {kind: word for word, kind in TYPES.items()}
    extracted = datetime.fromtimestamp(file.extracted_at / 1000, UTC)
    return Assumed(
        file=name,
        problem=problem,
        message_type=types[file.message_type],
        period=f"{file.period_from:%Y-%m}",
        extracted=f"{extracted:%Y%m%dT%H%M%SZ}",
    )


@dataclass(slots=True)
class Tally:
    """Counts of a run, and the first places of each rule."""

    files: int = 0
    unusable: list[tuple[str, KprError]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    """What the connector would not send of files that it sends."""
    assumed: list[Assumed] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    severities: Counter[Severity] = field(default_factory=Counter)
    """Items with a finding of that severity; an item may count under several."""
    rules: Counter[Rule] = field(default_factory=Counter)
    """Items by rule."""
    places: dict[Rule, list[str]] = field(default_factory=dict)
    not_read: Counter[str] = field(default_factory=Counter)
    """Items by path of a key that the format does not have."""

    def enter(self, file: str, item: CheckedItem) -> None:
        """Count one item."""
        self.outcomes[item.outcome] += 1
        self.not_read.update(item.not_read)
        self.severities.update({finding.rule.severity for finding in item.findings})
        self.rules.update({finding.rule for finding in item.findings})
        for finding in item.findings:
            places = self.places.setdefault(finding.rule, [])
            if len(places) < PLACES_SHOWN:
                places.append(f"{file}#{finding.pointer}")

    @property
    def exit_code(self) -> int:
        """Return the most serious of the codes below, 0 for at most warnings.

        70: this program failed at a file or a unit. 2: a file or a unit cannot be used. 1: an item
        or a value is rejected, set aside or left out.
        """
        units = [one for one in self.left_out if one.part is Part.UNIT]
        causes = [*(error for _, error in self.unusable), *(one.cause for one in units)]
        if any(isinstance(cause, UnforeseenError) for cause in causes):
            return UnforeseenError.exit_code
        if self.unusable or units:
            return UNUSABLE_EXIT
        strict = self.severities[Severity.REJECT] or self.severities[Severity.SET_ASIDE]
        return 1 if strict or self.left_out else 0

    def summary(self, reference_version: str) -> dict[str, Any]:
        """Return the counts as a JSON value."""
        return {
            "files": self.files,
            "unusable_files": [
                {"file": file, "problem": error.message, "what_to_do": error.what_to_do}
                for file, error in self.unusable
            ],
            "left_out": [one.as_json() for one in self.left_out],
            "assumed": [one.as_json() for one in self.assumed],
            "items": self.outcomes.total(),
            "outcomes": {outcome.value: self.outcomes[outcome] for outcome in OUTCOMES},
            "items_by_severity": {s.value: self.severities[s] for s in Severity},
            "items_by_rule": {rule.id: items for rule, items in self.rules.most_common()},
            "not_read": {
                path: {"items": items, "meant": meant(path)}
                for path, items in self.not_read.most_common(MAX_KEYS_SHOWN)
            },
            "rule_set": RULE_SET_VERSION,
            "reference": reference_version,
        }


def item_as_json(file: str, item: CheckedItem) -> dict[str, Any]:
    """Return one item with all its findings as a JSON value."""
    return {
        "file": file,
        "index": item.index,
        "pointer": item.pointer,
        "outcome": item.outcome.value,
        "rules": [_finding_as_json(finding) for finding in item.findings],
    }


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.id,
        "severity": rule.severity.value,
        "field": finding.field,
        "pointer": finding.pointer,
        "text_no": rule.text_no,
        "text_en": rule.text_en,
        "who": [who.value for who in rule.action.who],
        "action_no": rule.action.no,
        "action_en": rule.action.en,
    }
