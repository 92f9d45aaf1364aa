"""Run workers and sinks under faults, send them a known load, and check every record.

``plan`` and ``load`` make and send deliveries, ``sent_log`` keeps what was sent, ``cluster``,
``restarting_process``, ``proxy``, ``route`` and ``breakpoints`` run and disturb processes,
``worker`` and ``sink`` are those processes. ``read`` reads the topics back; ``model``, ``check``
and ``sink_checker`` compare, sharing no code with the processor or the sinks.
"""
