"""Every output record is made here, with its ledger header, and nowhere else. Pure.

``emitter`` holds what records are made with: keys, versions, rights. ``person_keys`` names an
item's person. The other files make one kind of record each: ``cleaned`` and ``superseded``
(consultations and appointments), ``identity``, ``links``, ``quarantined``, ``receipt``, ``states``
(units and releases) and ``command_result``. ``live_records`` makes many cleaned records at once,
from ``frame_columns`` and with ``packed_headers``.

Nothing is decided here: a caller says which record, this room says what it contains.
"""
