"""Simulate the nation: Norway's children, their visits, the records, and the exports.

In the order of the flow: ``people/`` says who lives where, ``visits/`` what happens, ``records/``
how systems record and send it and what goes wrong, ``export/`` writes the files, ``truth/`` says
what a perfect receiver makes of them. ``make`` makes one place and ``generate`` all places.
``draw``, ``days``, ``codes`` and ``levels`` are the values below. No room imports a later one.

A place is a municipality, a city district or a part of a large municipality. Each is made on its
own from integers alone: raw counters of Philox keyed by seed, place and purpose, and tables. The
same seed gives the same bytes in any process, and a place does not need the others.
"""
