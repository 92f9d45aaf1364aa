"""Map an export to the items of the contract. Pure.

``fields`` (one row a field) and ``systems`` (one row a system, of ``profile``) are the data;
``local_codes`` reads a vendor's codes; ``paths``, ``converters`` and ``items`` apply them. A new
field of the message is one row and one schema version.
"""
