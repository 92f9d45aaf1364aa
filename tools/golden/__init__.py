"""The golden deliveries: cases, the bytes of their records, and the receiver that answers them."""
