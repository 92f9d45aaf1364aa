"""Lanes: partition i of every source topic, taken, decided and committed together.

``assignment`` opens and closes the lanes that the group assigns, ``recovery`` makes them ready.
``lane`` serves one: ``queue`` and ``budget`` choose the next records, ``process_deliveries`` and
``process_command`` run the pipeline, ``commit`` makes one transaction of the result.
``frame_stage`` is shared by all lanes of a worker; ``observer`` hears what happens, and
``stopwatch`` takes the time of each stage.

A lane has at most one transaction at a time. From the commit on, any error ends the process.
"""
