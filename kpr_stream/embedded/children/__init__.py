"""Start processes that cannot outlive the supervisor, wait for them, and end them.

``process`` starts and ends, ``child`` is the wrapper script that ties a command to its parent,
``wait`` waits until a process is ready and stops waiting when it ends.
"""
