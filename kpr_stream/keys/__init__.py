"""Encrypt deliveries, make pseudonyms, and seal what the receiver keeps encrypted.

``access`` finds and ``keyring`` reads the key files, ``envelope`` encrypts a delivery's payload,
``pseudonym`` makes every keyed hash, ``seal`` encrypts identity, quarantine and superseded
content. No secret is printed.
"""
