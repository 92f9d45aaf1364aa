"""The synthetic probe: a hello every minute through broker, worker and receipt.

    unit        which unit asks: one that is no real one
    pace        when a hello is due, and what an answer means; one hello at most is unanswered
    exchange    sends hellos and reads the answers
    run         the process, and one hello for a person who waits

``unit`` and ``pace`` are pure. A hello asks at which sequence a unit resumes. Nothing is stored
for the answer: no unit state, no row. So the probe has no sequence, and no unit appears.
"""
