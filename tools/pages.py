"""Writes every generated page and file: `make pages`.

A maker is here if the repository alone decides what it writes: the code and the files of results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tools import (
    asyncapi,
    catalogue_turtle,
    conformance_pages,
    contracts,
    database_comments,
    golden_deliveries,
    limits_page,
    logins_page,
    nation_page,
    own_sender_pages,
    peers_page,
    plans_page,
    prometheus_rules,
    proofs_page,
    receipts_pages,
    rules_pages,
    settings_reference,
    speed_page,
    sqlstate_table,
    systems_pages,
    top_page,
    topics_page,
    worker_page,
)
from tools.generated import write

MAKERS: Mapping[str, Callable[[], Mapping[Path, str]]] = {
    "asyncapi": asyncapi.files,
    "catalogue_turtle": catalogue_turtle.files,
    "conformance_pages": conformance_pages.files,
    "contracts": contracts.files,
    "database_comments": database_comments.files,
    "golden_deliveries": golden_deliveries.files,
    "limits_page": limits_page.files,
    "logins_page": logins_page.files,
    "nation_page": nation_page.files,
    "own_sender_pages": own_sender_pages.files,
    "peers_page": peers_page.files,
    "plans_page": plans_page.files,
    "prometheus_rules": prometheus_rules.files,
    "proofs_page": proofs_page.files,
    "receipts_pages": receipts_pages.files,
    "rules_pages": rules_pages.files,
    "settings_reference": settings_reference.files,
    "speed_page": speed_page.files,
    "sqlstate_table": sqlstate_table.files,
    "systems_pages": systems_pages.files,
    "top_page": top_page.files,
    "topics_page": topics_page.files,
    "worker_page": worker_page.files,
}
"""Module in this folder to what it writes."""

MADE_ONCE: Mapping[str, str] = {
    "analyst_relations": "a migrated database says which relations there are",
    "report_pictures": "a browser draws them, and its versions draw differently",
    "encryption_vectors": "RSA-OAEP is randomised: the vectors differ each time they are made",
    "stored_fixtures": "what an earlier release wrote; a later release must open it as it is",
}
"""Makers whose output is committed and not made again, with the reason."""


def main() -> None:
    """Write what differs."""
    for files in MAKERS.values():
        write(files())


if __name__ == "__main__":
    main()
