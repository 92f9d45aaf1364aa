"""Intake: all that is checked before the items of a delivery are read. Pure.

In the order of the flow: ``arrive`` (the envelope), ``sequence`` (the delivery's place),
``decrypt`` (the payload), ``admission`` (agreement and release). No input bytes make them raise:
what fails a check becomes a refusal with a reason.
"""
