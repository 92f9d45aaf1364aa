"""A quarantined item: what may be told of it, and its content for those who gave a reason. Pure."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import fastavro

from kpr_stream.errors import ContractError
from kpr_stream.keys.seal import Sealer, open_quarantined
from kpr_stream.model.quarantine import ItemState
from kpr_stream.schemas.catalogue import schema


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are meant. None: whatever it is."""

    org_nr: str | None = None
    system: str | None = None
    software_version: str | None = None
    rule: str | None = None
    since: datetime | None = None
    state: ItemState | None = ItemState.OPEN

    def takes(self, state: Mapping[str, Any]) -> bool:
        """Whether an item is meant, by its state (quarantine_state)."""
        plain = {
            "org_nr": self.org_nr,
            "system": self.system,
            "software_version": self.software_version,
            "state": self.state.value if self.state else None,
        }
        return (
            all(wanted is None or state[name] == wanted for name, wanted in plain.items())
            and (self.rule is None or self.rule in state["rules"])
            and (self.since is None or state["since"] >= self.since)
        )


def why_rejected(rules: Sequence[str], rejecting: Collection[str]) -> tuple[list[str], list[str]]:
    """The rules of an item that reject it, and what was found besides. Where a rule set of another
    release rejected it, all of them may be why."""
    why = [rule for rule in rules if rule in rejecting]
    return (why, [rule for rule in rules if rule not in rejecting]) if why else (list(rules), [])


def summary(
    states: Iterable[Mapping[str, Any]], rejecting: Collection[str]
) -> list[dict[str, Any]]:
    """Items by unit, system, version and rejecting rule, the most first; an item counts for each
    rule that rejects it."""
    found: dict[tuple[str, ...], int] = {}
    for state in states:
        for rule in why_rejected(state["rules"], rejecting)[0] or ("-",):
            key = state["org_nr"], state["system"], state["software_version"] or "", rule
            found[key] = found.get(key, 0) + 1
    names = ("org_nr", "system", "software_version", "rule")
    return [
        dict(zip(names, key, strict=True)) | {"items": items}
        for key, items in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def clear_item(item: Mapping[str, Any], sealer: Sealer) -> dict[str, Any]:
    """The item as its unit sent it, as values: it holds a person's ids and health."""
    contract = schema(f"{item['message_type']}_item", int(item["contract_version"]))
    try:
        found = fastavro.schemaless_reader(
            io.BytesIO(open_quarantined(item, sealer)), contract.parsed, None
        )
    except (EOFError, ValueError, IndexError, TypeError) as cause:
        raise ContractError(
            f"The item does not fit {contract.name} version {contract.version} "
            f"({type(cause).__name__}).",
            what_to_do="It was written by another release: use that one to look at it.",
            code="UNDECODABLE",
        ) from None
    return {name: value for name, value in found.items() if value not in (None, [])}  # type: ignore[union-attr] # the contract is a record
