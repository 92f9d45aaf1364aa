"""What a lane knows: ledger entries, and a batch's view of them. Pure.

``known`` holds the values that a decision reads. ``entries``, ``link_entries`` and
``command_entries`` turn output records into ledger entries and back. ``overlay`` and ``contents``
are a batch's view: what its own records change. ``memory`` is a ledger in memory.

A ledger's entries follow from the last record of each key on the output topics, so a ledger can
always be rebuilt from them.
"""
