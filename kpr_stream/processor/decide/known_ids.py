"""KnownRecord ids: by which person keys the item of a stored record named its person. Pure.

A record that is written again must not show what its person has reserved under any of these. A
ledger holds one key of a record; the others are known by the links that its own item is evidence
of.
"""

from __future__ import annotations

from kpr_stream.model.header import NO_KEY
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.state.link_entries import link_entry_key, read_links


def known_ids(uow: UnitOfWork, key: bytes, person_key: bytes) -> frozenset[bytes]:
    """The person keys of a record, as its own item named them; none for one without a person."""
    if person_key == NO_KEY:
        return frozenset()
    if not uow.emitter.rights.persons:
        return frozenset((person_key,))  # nobody has reserved anything: not worth a search
    links = read_links(uow.overlay.entries_from(link_entry_key(key)))
    named = (one for pair, stands in links.items() if stands for one in pair)
    return frozenset((person_key, *named))
