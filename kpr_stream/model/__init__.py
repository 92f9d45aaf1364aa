"""The vocabulary that every room shares, as pure values: no I/O, no Kafka, no database.

``words``, ``topics``, ``acls``, ``codes`` and ``partition`` are the contract's fixed lists.
``delivery``, ``command``, ``link``, ``quarantine`` and ``output`` are what passes through a lane;
``header`` is what every output record carries. ``unit`` and ``release`` are the states that a lane
keeps. ``identifiers``, ``person_id`` and ``norwegian_time`` know numbers and clocks; ``tuned`` is
a setting of other software.
"""
