"""A quarantined item: which rules rejected it, and its decrypted content. Pure."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items a search returns. A field that is None accepts every value."""

    org_nr: str | None = None
    system: str | None = None
    software_version: str | None = None
    rule: str | None = None
    since: datetime | None = None
    state: ItemState | None = ItemState.OPEN

    def accepts(self, state: Mapping[str, Any]) -> bool:
        """Whether the search returns an item, by its state (a record of quarantine_state)."""
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


def split_rules(rules: Sequence[str], rejecting: Collection[str]) -> tuple[list[str], list[str]]:
    """Split the rules that an item broke: those that reject, and the others.

    If none of them rejects in this release, another release rejected the item: all of them are
    returned as rejecting.
    """
    why = [rule for rule in rules if rule in rejecting]
    return (why, [rule for rule in rules if rule not in rejecting]) if why else (list(rules), [])


def count_items(
    states: Iterable[Mapping[str, Any]], rejecting: Collection[str]
) -> list[dict[str, Any]]:
    """Count items by unit, system, version and rejecting rule, the largest count first.

    An item counts once for each rule that rejects it.
    """
    found: dict[tuple[str, ...], int] = {}
    for state in states:
        for rule in split_rules(state["rules"], rejecting)[0] or ("-",):
            key = state["org_nr"], state["system"], state["software_version"] or "", rule
            found[key] = found.get(key, 0) + 1
    names = ("org_nr", "system", "software_version", "rule")
    return [
        dict(zip(names, key, strict=True)) | {"items": items}
        for key, items in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def as_state(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a quarantined item what ``count_items`` reads of its state."""
    names = ("org_nr", "system", "software_version")
    return {name: item[name] for name in names} | {"rules": [f["rule"] for f in item["findings"]]}


def decrypt_item(item: Mapping[str, Any], sealer: Sealer) -> dict[str, Any]:
    """Decrypt an item as its unit sent it: a person's ids and health values.

    DecryptionError if the sealed bytes were changed.
    """
    contract = schema(f"{item['message_type']}_item", int(item["contract_version"]))
    try:
        found = fastavro.schemaless_reader(
            io.BytesIO(open_quarantined(item, sealer)), contract.parsed, None
        )
    except (EOFError, ValueError, IndexError, TypeError) as cause:
        raise ContractError(
            f"The item does not fit {contract.name} version {contract.version} "
            f"({type(cause).__name__}).",
            what_to_do="Another release wrote it: use that release to show it.",
            code="UNDECODABLE",
        ) from None
    return {name: value for name, value in found.items() if value not in (None, [])}  # type: ignore[union-attr] # the contract is a record
