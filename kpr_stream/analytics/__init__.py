"""Answer KPR's four questions from the mirrored tables, without anybody's birth date.

``refresh`` brings the schema ``analytics`` up to date: it reads what has changed since the last
refresh, and corrects what follows from it. The definitions are views of the migrations; the SQL
that moves rows is in ``steps/``, one file a step. Two parts are computed outside the database,
both pure:

- ``groups`` unites linked person keys to persons,
- ``derive`` computes z-scores and programme steps, with the receiver's own expressions.
"""
