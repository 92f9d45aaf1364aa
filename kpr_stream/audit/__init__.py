"""Checking the whole line from outside: books that balance, rows that equal, ids that leak.

Reads topics, rows and files; shares no code with the processor's decisions.
"""
