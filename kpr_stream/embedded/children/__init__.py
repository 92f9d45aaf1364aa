"""Start processes that cannot outlive the supervisor, wait for them, and end them.

``process`` starts and ends, ``wait`` waits until a process is ready and stops waiting when it ends.
``kpr_stream/process/child.py`` is the script that ties a command to its parent.
"""
