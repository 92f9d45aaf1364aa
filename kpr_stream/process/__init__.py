"""What every process of the project needs from the machine that it runs on.

``folders`` makes folders and requires free space in them; ``stderr`` keeps the output of native
libraries out of the log. Both promise an error or a log line that a person can act on, and never
a value out of a record. ``child`` ties a child process to its parent.
"""
