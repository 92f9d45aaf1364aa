"""A municipality's report: one page in Bokmål for a leader, never a list of children.

    frames      the frames that a report is made from, and who can give them
    database    the same frames from the views of the database
    release     counts of all municipalities under disclosure control: done once for all pages
    place       the part of the frames that one page shows
    coverage    has everything come in? by unit and month since 2017
    corrections what must be corrected, and by which party
    figures     plots, as SVG without colours of their own
    folder      earlier releases on disk
    write       pages on disk
    page        the page: `report_page(frames)` returns HTML; `index_page` lists pages

Everything but ``database``, ``folder`` and ``write`` is pure.
"""
