"""Poison: a delivery that makes the receiver raise or die is refused alone. Pure.

``isolate`` finds the delivery that raises. ``known_good`` shows first that the fault is not the
receiver's own. ``attempts`` and ``suspects`` find records at which processes died. No error of the
process itself (settings, disk, lane) ever refuses a delivery.
"""
