"""Simulate a small world for tests and the demo, from ordinary Python values.

``places``, ``people``, ``growth`` and ``care`` say what happens, ``calendar``, ``entries`` and
``history`` how units export it, ``write`` renders the JSON, ``truth`` is a perfect receiver, and
``generate`` puts everything together.
"""
