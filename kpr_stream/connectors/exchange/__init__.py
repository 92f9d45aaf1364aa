"""The connector's side of Kafka: publish deliveries, read receipts.

client (settings of every client), publish, receipts. A send counts when the broker has
acknowledged it; a receipt counts when the outbox has stored it.
"""
