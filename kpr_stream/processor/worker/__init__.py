"""Build one worker process from its settings and run it until it is stopped.

``main`` prepares the process and starts its metrics; ``build`` connects the rooms of the processor
to one another (``frame_context``, ``frame_work`` and ``emitter`` make their parts from settings).
``background`` runs beside the lanes, with the ``watchdog``; ``metrics_observer`` counts;
``reference_copy`` keeps the reference data that the worker was started with; ``end`` ends the
process. Nothing joins the group before everything that a lane needs has been checked.
"""
