"""A receiver on a real broker to try a sender against: ``kpr-stream sandbox`` and conformance.

It decides with the worker's own code, over ledgers in memory, and plays faults on request.

faults (what may go wrong, and what is pending; pure), script (faults from a file; pure), sent (what
came and what was answered; pure), decide (one record to its receipts), publish (receipts in
transactions), vendor_files (what a vendor needs to log in and encrypt), run (the loop on the
broker), page (what came, over HTTP).
"""
