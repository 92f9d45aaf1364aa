"""Keys: what encrypts a delivery, what makes a pseudonym, what seals identity and quarantine."""
