"""Show an analyst the consultations of the analysts' topic as they change.

    order   what an analyst asks for, and which records it matches
    newest  the records of the past that a later one has replaced
    shown   what one record of the topic means, as an object and as a line
    follow  the effects: the entry of the disclosure, Kafka, the end

``order``, ``newest`` and ``shown`` are pure.
"""
