"""Intake: the checks of a delivery as a whole. Pure.

In the order of the flow: ``arrive`` (the envelope), ``sequence`` (the delivery's place),
``admission`` (agreement and release), ``decrypt`` (the payload). The cheap checks come before
decryption. ``decide/delivery.py`` calls ``sequence`` and ``admission`` when it decides. No input
bytes make them raise: a failed check becomes a refusal with a reason.
"""
