"""Rejected items: find them, show one, replay or discard them.

    item   the filter of a search, the rules that rejected an item, its decrypted content
    find   the newest states of items, where the items lie, and the commands about them

FHI never edits a record. A rejected item is fixed by its sender, or accepted under a changed rule.
"""
