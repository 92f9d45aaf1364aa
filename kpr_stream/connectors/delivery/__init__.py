"""Make deliveries of items.

``pack`` cuts items into payloads and writes them; ``seal`` numbers and encrypts each payload.
"""
