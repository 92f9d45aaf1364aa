"""Disclosure control: hide small cells of a table of counts, and what they follow from.

    hierarchy   one dimension of a table: a tree of nodes, each the sum of its children
    table       the counts of all combinations of leaves, and the cells that follow from them
    rule        which cells are sensitive: small ones, and 0 % and 100 % of small groups
    equations   what is the sum of what
    releases    one system of this release and all earlier ones: what an attacker knows
    moves       another table of whole numbers that shows the same published cells
    proofs      which values every sensitive cell can still have
    complement  which other cells are hidden too, for the smallest loss
    alone       the same for one goal, where a solution in whole numbers is hard to find
    protect     all of it: `protect(table, rule, earlier)` returns a `Release`
    published   the frame that may leave the house, with flags and their legend

Everything here is pure. ``docs/analyse/disclosure.md`` explains it to readers of the tables.
"""
