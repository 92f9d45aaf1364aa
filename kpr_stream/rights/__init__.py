"""What people have asked for: reservation against registration, erasure. Pure but for the tools.

The processor reads ``kpr.rights`` whole and holds back what may not be registered, last of all,
so that neither a receipt nor a hash tells the sender that somebody has reserved.
"""
