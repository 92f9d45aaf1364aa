"""Write the contacts' mail addresses as a template of Alertmanager. Pure.

Alertmanager asks the template for the address of a unit or a vendor when it sends a mail. So an
alert carries no address, and no contact is in the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kpr_stream.errors import UsageError
from kpr_stream.model.words import SYSTEMS

TEMPLATE: Final = "kpr.address"
"""The name under which `deploy/prometheus/alertmanager.yml` asks."""
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""Plain addresses only: the text becomes part of a template, where braces would be code."""
_PARTY: Final = re.compile(rf"[0-9]{{9}}|{'|'.join(map(re.escape, SYSTEMS))}")


def usable_addresses(contacts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the address of each party that has a valid one."""
    return {
        one["party"]: one["email"].strip()
        for one in contacts
        if _PARTY.fullmatch(one["party"]) and _ADDRESS.fullmatch(one["email"].strip())
    }


def parse_address(text: str) -> str:
    """Return a mail address; UsageError for any other text."""
    if not _ADDRESS.fullmatch(text):
        raise UsageError(
            f"{text!r} is not a valid mail address.",
            what_to_do="Give one address, for example drift@example.org.",
        )
    return text


def address_template(addresses: Mapping[str, str], otherwise: str) -> str:
    """Return the template. ``otherwise``: the address for a party without a contact."""
    cases = "".join(
        f'{{{{ else if eq . "{party}" }}}}{address}' for party, address in sorted(addresses.items())
    )
    return (
        f'{{{{ define "{TEMPLATE}" }}}}{{{{ if eq . "" }}}}{otherwise}{cases}'
        f"{{{{ else }}}}{otherwise}{{{{ end }}}}{{{{ end }}}}\n"
    )
