"""Apply the rights of registered persons: reservations against registration, and erasure. Pure.

``kinds`` lists what can be reserved, ``table`` holds the whole of ``kpr.rights`` and removes
reserved values from a cleaned record. The processor does that last, so that neither a receipt nor
a hash reveals a reservation to the sender.
"""
