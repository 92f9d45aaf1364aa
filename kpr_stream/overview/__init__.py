"""What runs and what is wrong now, from the metrics of all processes: `top` and `status`.

    targets      finds the processes and reads their metrics
    samples      the metrics of all processes at one time, by name and label
    facts        what is known of systems, municipalities, units, workers, sinks
    gather       makes the facts of two readings; rates are what changed between them
    troubles     what is wrong now, each under the name of its alert and runbook
    judge        finds the troubles in the facts
    as_json      the facts as JSON
    layout       draws the facts for a terminal
    topics       whether Kafka has the topics of the contract, with their partitions

Everything but ``targets`` and ``topics`` is pure. Nothing is stored: trends and shares need the
history that Prometheus keeps.
"""
