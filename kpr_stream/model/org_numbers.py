"""Whether a text is the org number of a unit: nine digits with a valid control digit. Pure.

An org number never loses a zero, so none is put back: real numbers begin with 8 or 9
(Brønnøysundregistrene, «Organisasjonsnummeret»). Synthetic units begin with 2 or 3: those of
Skatteetaten's Tenor are found so in Brønnøysundregistrene's test data (brreg/docs, «Testdata for
Partner API») and in Skatteetaten's (Skatteetaten/beta-apier, «Krav og betalinger», «Test»). The
unit of FHI's only public test message begins with 4 (folkehelseinstituttet/Fhi.Slash.Mottak,
``hst_avtale_test_message.json``). Both are accepted in a test environment only.
"""

from __future__ import annotations

import re

from stdnum.no import orgnr

_REAL = re.compile(r"[89][0-9]{8}", re.ASCII)
_SYNTHETIC = re.compile(r"[23489][0-9]{8}", re.ASCII)


def is_org_nr(text: str, *, synthetic_too: bool) -> bool:
    """Whether a text is an org number; in a test environment also a synthetic unit's.

    One digit nine times is a placeholder, although its control digit is right: 999999999.
    """
    form = _SYNTHETIC if synthetic_too else _REAL
    return bool(form.fullmatch(text)) and len(set(text)) > 1 and bool(orgnr.is_valid(text))
