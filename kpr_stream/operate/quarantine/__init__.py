"""Rejected items, operated: find them, look at one, have them judged again, put them aside.

FHI never edits a record: what is wrong is mended by the sender, or by a rule of ours.
"""
