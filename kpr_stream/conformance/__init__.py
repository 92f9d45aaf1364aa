"""Conformance of a sender: what it did on the topic, judged case by case, and a report of it.

orders (what a sender is asked to send; pure), cases (what is tried and why; pure), checks (what a
log of records shows; pure), steps (the cases, run one after another), sender (the process of the
sender under test), run (stack, receiver, sender and cases), report (HTML and JSON; pure),
certificate (what a release is admitted on; pure).
"""
