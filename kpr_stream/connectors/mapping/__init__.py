"""Map an export to the items of the contract. Pure.

``fields`` (one row a field) and ``tables/`` (one data file a system, read by ``table``) are the
data; ``systems`` makes a ``profile`` of each table; ``local_codes`` reads a vendor's codes;
``paths``, ``converters`` and ``items`` apply them. A new field of the message is one row and one
schema version.
"""
