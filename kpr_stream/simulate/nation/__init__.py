"""The synthetic nation: Norway's children, the service as it is lived, and how it is recorded.

Files in the order of the flow: who lives where (``residents``, ``places``, ``people``), what
happens (``health_station``, ``school``, ``youth``, ``pregnancy``, ``measure``), how it is written
down and what goes wrong (``faults``, ``change_of_epj``, ``history``), what a perfect receiver makes
of it (``receive``, ``supersede``, ``truth``), and how the four systems export it (``render``,
``write``).

A place (a municipality, a city district, a part of a large municipality) is made on its own, from
integers alone: raw counters of Philox keyed by seed, place and purpose, and tables. So the same
seed gives the same bytes in any process, and any place can be made without the others.
"""
