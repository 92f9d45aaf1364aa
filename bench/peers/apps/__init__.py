"""The peers as programs: each keeps the contract of ``bench/peers/__init__.py``.

``bare`` is the work that the Python peers share, ``start`` what the harness hands to a peer. Both
need fastavro and the standard library alone: some peers run in environments of their own, without
this project.
"""
