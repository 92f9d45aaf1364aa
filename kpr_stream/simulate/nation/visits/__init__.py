"""Say what happens in a place: visits as columns of whole numbers, before anything goes wrong.

``visits`` defines the columns; ``health_station``, ``school``, ``youth`` and ``pregnancy`` fill
them; ``growth`` and ``measure`` add measurements; ``assemble`` puts a place's visits together.
"""
