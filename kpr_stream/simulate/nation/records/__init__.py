"""Say how visits are recorded and sent, with faults, corrections, resends and a change of EPJ.

``faults`` plants errors in rows, ``slots`` says when units export, ``change_of_epj`` divides rows
between two systems, ``history`` makes the lines of exports, ``lines`` gives their plain values.
"""
