"""What to do about a finding, where many rules ask for the same."""

from __future__ import annotations

from kpr_stream.rules.rule import Action, Who

SEND_ID = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender journalens egen id, den samme hver gang hendelsen hentes ut; uten den kan "
    "hendelsen verken rettes eller slettes siden.",
    "The EPJ vendor sends the record's own id, the same each time the item is exported; without it "
    "the item can neither be corrected nor deleted later.",
)
CHECK_RECORD = Action(
    (Who.HEALTH_STATION,),
    "Virksomheten kontrollerer verdien i journalen, retter den og sender på nytt.",
    "The health station checks the value in the record, corrects it and sends the item again.",
)
CHECK_RECORD_OR_LEAVE = Action(
    (Who.HEALTH_STATION,),
    "Virksomheten kontrollerer journalen. Er verdien riktig, trengs ingenting; ellers rettes den "
    "og sendes på nytt.",
    "The health station checks the record. If the value is right nothing is needed; otherwise it "
    "is corrected and sent again.",
)
CHECK_NUMBER = Action(
    (Who.EPJ_VENDOR, Who.HEALTH_STATION),
    "Leverandøren sender i feltet bare numre av dette slaget, og ingenting der journalen ikke har "
    "noe. Er nummeret feil i journalen, retter virksomheten det og sender på nytt.",
    "The EPJ vendor sends numbers of this kind only in this field, and nothing where the record "
    "has none. If the number is wrong in the record, the health station corrects it and sends the "
    "item again.",
)
RIGHT_ENVIRONMENT = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender syntetiske numre bare til testmiljøet og ekte numre bare til produksjon.",
    "The EPJ vendor sends synthetic numbers to the test environment only, real ones to production "
    "only.",
)
OWN_IDS = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren bruker id-er som ikke er laget av personnumre. Et løpenummer på elleve siffer "
    "kan ligne ved en tilfeldighet; en bokstav i det hindrer det.",
    "The EPJ vendor uses ids that are not made from persons' numbers. A serial number of eleven "
    "digits may look like one by chance; a letter in it prevents that.",
)
NUMBER_AS_TEXT = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender nummeret som tekst med elleve siffer.",
    "The EPJ vendor sends the number as text of eleven digits.",
)
ONE_ID = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender den id-en som gjaldt på datoen.",
    "The EPJ vendor sends the id that was in force on the day.",
)
CODE_NOT_TEXT = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender en av kodene på siden med regler, aldri tekst (i et uttrekk til "
    "konnektoren: en av systemets egne koder som profilen oversetter).",
    "The EPJ vendor sends one of the codes that the page of rules lists, never text (in an export "
    "for the connector: one of the system's own codes that its profile translates).",
)
CODE_OF_LIST = Action(
    (Who.EPJ_VENDOR, Who.FHI),
    "Leverandøren sender en av kodene på siden med regler (i et uttrekk til konnektoren: en av "
    "systemets egne koder som profilen oversetter), eller melder fra til FHI hvis listen eller "
    "profilen mangler den; da utvides den.",
    "The EPJ vendor sends one of the codes that the page of rules lists (in an export for the "
    "connector: one of the system's own codes that its profile translates), or tells FHI if the "
    "list or the profile lacks it; it is then extended.",
)
CODE_OF_THE_DAY = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender i hendelsen koden slik den var på konsultasjonsdatoen (Trondheim: 1601 "
    "til og med 2017, 5001 siden). Uten kode i hendelsen gjelder innsendingens, også for gamle "
    "konsultasjoner.",
    "The EPJ vendor sends in the item the code as it was on the day of the consultation "
    "(Trondheim: 1601 until the end of 2017, 5001 since). Where the item has none the delivery's "
    "counts, for old consultations too.",
)
RIGHT_UNIT = Action(
    (Who.EPJ_VENDOR, Who.HEALTH_STATION),
    "Leverandøren sender vekt i hele gram og lengde i hele millimeter (i et uttrekk til "
    "konnektoren: i enhetene som systemets profil sier). Er det skrevet slik i journalen, retter "
    "virksomheten den.",
    "The EPJ vendor sends weights in whole grams and lengths in whole millimetres (in an export "
    "for the connector: in the units that the system's profile says). If it stands so in the "
    "record, the health station corrects it.",
)
CHECK_OR_NO_PLACEHOLDER = Action(
    (Who.EPJ_VENDOR, Who.HEALTH_STATION),
    "Leverandøren sender ingenting der journalen ikke har noen dato, ikke en dato som står for "
    "ingen (1899-12-30, 0001-01-01, 9999-12-31). Er datoen feil i journalen, retter virksomheten "
    "den og sender på nytt.",
    "The EPJ vendor sends nothing where the record has no date, not a date that stands for none "
    "(1899-12-30, 0001-01-01, 9999-12-31). If the date is wrong in the record, the health station "
    "corrects it and sends the item again.",
)
CHECK_OR_NO_ZERO = Action(
    (Who.EPJ_VENDOR, Who.HEALTH_STATION),
    "Leverandøren sender ingenting der ingenting er målt, ikke 0 eller 999. Er verdien feil i "
    "journalen, retter virksomheten den og sender på nytt.",
    "The EPJ vendor sends nothing where nothing was measured, not 0 or 999. If the value is wrong "
    "in the record, the health station corrects it and sends the item again.",
)
CHECK_MAPPING_OR_RECORD = Action(
    (Who.EPJ_VENDOR, Who.HEALTH_STATION),
    "Gjelder det mange, kontrollerer leverandøren hvilke koder uttrekket lager. Ellers "
    "kontrollerer virksomheten journalen; er den riktig, trengs ingenting.",
    "If it is told of many, the EPJ vendor checks which codes the export makes. Otherwise the "
    "health station checks the record; if that is right nothing is needed.",
)
