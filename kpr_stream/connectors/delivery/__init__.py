"""Make deliveries of items: ``pack`` cuts and writes them, ``seal`` numbers and encrypts them."""
