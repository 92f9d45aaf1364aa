"""Own the parts of a running stack in one process, so that none outlives it.

``__main__`` is the process: it takes the plan from `up`, reports progress and stays. ``bring_up``
starts the parts in order and takes them down again.
"""
