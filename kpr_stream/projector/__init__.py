"""Project the cleaned consultations to the topic that analysts may read.

    project     what analysts see of a consultation, and from which day on
    hold        what waits for the end of a week of birth
    position    what a committed offset says: the topic and the day that it counts for
    partitions  the transactions: records, held records and offset become valid together
    waiting     for how long records have waited
    run         the process

``project``, ``hold``, ``position`` and ``waiting`` are pure. Why there is a topic of its own:
docs/adr/0191.
"""
