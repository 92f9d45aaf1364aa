"""Night exercise: a stack breaks in ways drawn by a seed, and an operator finds the cause.

senders   the stations that report, and what they can do wrong
faults    what can break, how it is put right, and what was true
console   what the operator may look at: mails, dashboards, commands, logs; all of it is noted
"""
