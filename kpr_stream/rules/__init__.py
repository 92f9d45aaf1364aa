"""The rules for items: column expressions, texts, examples, vendors' pages.

    rule           what a rule is: one ``Rule`` object
    catalogue      every rule in order, by theme, and the version of the rule set
    item, times, person, place, visit, measures, feeding, coded: the rules, one file a theme
    actions        what to do about a finding, shared by several rules
    examples       reads ``examples.json``: fields that break each rule and fields that pass
    receipt_texts  the parts of a receipt that come from the rules
    document       makes ``docs/vendor/rules.md`` and ``docs/vendor/regler.md``

The facts that rules use are columns made in ``processor/frame/facts.py``. How to add a rule:
``CONTRIBUTING.md``.
"""
