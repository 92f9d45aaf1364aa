"""What is pure of the peers' benchmark."""
