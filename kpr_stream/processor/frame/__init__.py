"""Prepare the items of a micro-batch in one Polars frame. Pure.

``prepare`` runs the stages: ``decode`` (with ``shortest_encoding``) reads the items, ``facts``
(with ``person_ids`` and ``repeats``) and ``derive`` add columns, ``validate`` judges by the rules,
``enrich`` makes the cleaned content, ``canonical_text`` what content hashes are made from.
``reenrich`` enriches cleaned records again. A field that item and cleaned record share is carried
over without being named here.
"""
