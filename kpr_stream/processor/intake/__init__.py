"""Intake: the checks of a delivery as a whole. Pure.

In the order of the flow: ``arrive`` (the envelope), ``sequence`` (the delivery's place),
``admission`` (agreement and release), ``decrypt`` (the payload). The cheap checks come before
decryption. The verdicts on sequence and admission are given in
``decide/delivery.py``; this room holds the pure checks. No input bytes make them raise: a failed
check becomes a refusal with a reason.
"""
