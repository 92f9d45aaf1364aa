"""Switch protections off, one at a time, to prove that the checker would report their loss.

``switches`` replaces methods inside a worker, ``switch_off`` runs each scenario with and without.
"""
