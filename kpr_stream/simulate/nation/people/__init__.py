"""Say who lives where: residents by municipality, places and units, people and their numbers.

``residents`` reads the published table, ``places`` divides municipalities, ``numbers`` gives ids,
``population`` makes the people of one place.
"""
