"""What to do about a finding, where many rules ask for the same."""

from __future__ import annotations

from kpr_stream.rules.rule import Action, Who

CORRECT_EXPORT = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren av EPJ-systemet retter uttrekket og sender hendelsen på nytt.",
    "The EPJ vendor corrects the export and sends the item again.",
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
CORRECT_IDS = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren retter hvordan id-er hentes ut, og sender hendelsen på nytt.",
    "The EPJ vendor corrects how ids are exported and sends the item again.",
)
CHECK_NUMBER = Action(
    (Who.HEALTH_STATION,),
    "Virksomheten kontrollerer nummeret i journalen, retter det og sender på nytt.",
    "The health station checks the number in the record, corrects it and sends the item again.",
)
RIGHT_ENVIRONMENT = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender syntetiske numre bare til testmiljøet og ekte numre bare til produksjon.",
    "The EPJ vendor sends synthetic numbers to the test environment only, real ones to production "
    "only.",
)
OWN_IDS = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren bruker id-er som ikke er laget av personnumre.",
    "The EPJ vendor uses ids that are not made from persons' numbers.",
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
    "Leverandøren sender en kode fra kodelisten, aldri tekst.",
    "The EPJ vendor sends a code of the code list, never text.",
)
CODE_OF_LIST = Action(
    (Who.EPJ_VENDOR, Who.FHI),
    "Leverandøren retter koden, eller melder fra til FHI hvis kodelisten mangler den; da utvider "
    "FHI listen.",
    "The EPJ vendor corrects the code, or tells FHI if the code list lacks it; FHI then extends "
    "the list.",
)
CODE_OF_THE_DAY = Action(
    (Who.EPJ_VENDOR,),
    "Leverandøren sender koden slik den var på konsultasjonsdatoen.",
    "The EPJ vendor sends the code as it was on the day of the consultation.",
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
