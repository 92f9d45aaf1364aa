"""What to do about a finding, for actions that several rules share."""

from __future__ import annotations

from kpr_stream.rules.rule import Action, Responsible

SEND_ID = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren sender journalens egen id, den samme hver gang hendelsen hentes ut. Uten id-en "
    "kan hendelsen verken rettes eller slettes senere.",
    "The EPJ vendor sends the record's own id, the same every time the item is exported. Without "
    "the id, the item can neither be corrected nor deleted later.",
)
CHECK_RECORD = Action(
    (Responsible.HEALTH_STATION,),
    "Virksomheten kontrollerer verdien i journalen, retter den og sender hendelsen på nytt.",
    "The health station checks the value in the record, corrects it and sends the item again.",
)
CHECK_RECORD_OR_LEAVE = Action(
    (Responsible.HEALTH_STATION,),
    "Virksomheten kontrollerer verdien i journalen. Er den riktig, trenger ingen å gjøre noe. Er "
    "den feil, retter virksomheten den og sender hendelsen på nytt.",
    "The health station checks the value in the record. If the value is right, nothing needs to be "
    "done. If the value is wrong, the health station corrects it and sends the item again.",
)
CHECK_NUMBER = Action(
    (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
    "Leverandøren sender bare numre av dette slaget i feltet. Har journalen ikke noe slikt nummer, "
    "er feltet tomt. Er nummeret feil i journalen, retter virksomheten det og sender hendelsen på "
    "nytt.",
    "The EPJ vendor sends only numbers of this kind in the field. If the record has no such "
    "number, the field is empty. If the number is wrong in the record, the health station corrects "
    "it and sends the item again.",
)
RIGHT_ENVIRONMENT = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren sender syntetiske numre bare til testmiljøet og ekte numre bare til produksjon.",
    "The EPJ vendor sends synthetic numbers only to the test environment, and real numbers only to "
    "production.",
)
OWN_IDS = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren bruker id-er som ikke er laget av fødselsnumre eller andre numre som "
    "identifiserer personer. Et løpenummer på elleve siffer kan tilfeldigvis ligne et "
    "fødselsnummer. En bokstav i id-en hindrer det.",
    "The EPJ vendor uses ids that are not made from national identity numbers or other numbers "
    "that identify persons. A serial number of eleven digits can look like an identity number by "
    "chance. A letter in the id prevents that.",
)
ID_WITHOUT_SPACES = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren skriver id-en slik systemet har den, uten mellomrom rundt. Skiller mellomrom to "
    "id-er i systemet, lager leverandøren id-er som er ulike uten dem.",
    "The EPJ vendor writes the id as the system has it, without white space around it. If white "
    "space is all that distinguishes two ids of the system, the EPJ vendor makes ids that differ "
    "without it.",
)
SHORTER_TEXT = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren kontrollerer hvilket felt uttrekket henter: en id eller et navn er kort. Lengden "
    "er regnet i UTF-8, der æ, ø og å er to byte.",
    "The EPJ vendor checks which field the export reads: an id or a name is short. The length is "
    "counted in UTF-8, where æ, ø and å are two bytes.",
)
OWN_ID_OR_NONE = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren sender journalens egen id. Har journalen ingen id, er feltet tomt.",
    "The EPJ vendor sends the record's own id. If the record has no id, the field is empty.",
)
NUMBER_AS_TEXT = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren sender nummeret som tekst med elleve siffer.",
    "The EPJ vendor sends the number as text with eleven digits.",
)
ONE_ID = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren sender bare den id-en som gjaldt på datoen for hendelsen.",
    "The EPJ vendor sends only the id that was in force on the day of the item.",
)
CODE_NOT_TEXT = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren sender en av kodene på siden med regler, aldri fritekst. Et uttrekk til "
    "konnektoren kan i stedet ha systemets egne koder, når filen med lokale koder oversetter dem.",
    "The EPJ vendor sends one of the codes on the page of rules, never free text. An export for "
    "the connector may instead have the system's own codes, if the file of local codes translates "
    "them.",
)
CODE_OF_LIST = Action(
    (Responsible.EPJ_VENDOR, Responsible.FHI),
    "Leverandøren sender en av kodene på siden med regler. Et uttrekk til konnektoren kan i stedet "
    "ha systemets egne koder, når filen med lokale koder oversetter dem. Mangler koden i "
    "kodelisten, melder leverandøren fra til FHI, som utvider listen.",
    "The EPJ vendor sends one of the codes on the page of rules. An export for the connector may "
    "instead have the system's own codes, if the file of local codes translates them. If the code "
    "list lacks the code, the vendor informs FHI, which extends the list.",
)
CODE_OF_THE_DAY = Action(
    (Responsible.EPJ_VENDOR,),
    "Leverandøren sender i hendelsen den koden som gjaldt på konsultasjonsdatoen (Trondheim: 1601 "
    "til og med 2017, 5001 fra og med 2018). Har hendelsen ingen kode, gjelder koden i "
    "innsendingen, også for gamle konsultasjoner.",
    "The EPJ vendor sends in the item the code that was in force on the day of the consultation "
    "(Trondheim: 1601 until the end of 2017, 5001 from 2018). If the item has no code, the code of "
    "the delivery counts, for old consultations too.",
)
RIGHT_UNIT = Action(
    (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
    "Leverandøren sender vekt i hele gram, og lengde og hodeomkrets i hele millimeter. I et "
    "uttrekk til konnektoren gjelder enhetene i systemets profil. Er enheten feil i journalen, "
    "retter virksomheten verdien og sender hendelsen på nytt.",
    "The EPJ vendor sends weights in whole grams, and lengths and head circumferences in whole "
    "millimetres. In an export for the connector, the units of the system's profile apply. If the "
    "unit is wrong in the record, the health station corrects the value and sends the item again.",
)
CHECK_OR_NO_PLACEHOLDER = Action(
    (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
    "Har journalen ingen dato, lar leverandøren feltet være tomt og sender ingen erstatning for "
    "datoen (1899-12-30, 0001-01-01, 9999-12-31). Er datoen feil i journalen, retter virksomheten "
    "den og sender hendelsen på nytt.",
    "If the record has no date, the EPJ vendor leaves the field empty and sends no placeholder "
    "(1899-12-30, 0001-01-01, 9999-12-31). If the date is wrong in the record, the health station "
    "corrects it and sends the item again.",
)
CHECK_OR_NO_ZERO = Action(
    (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
    "Er ingenting målt, lar leverandøren feltet være tomt og sender verken 0 eller 999. Er verdien "
    "feil i journalen, retter virksomheten den og sender hendelsen på nytt.",
    "If nothing was measured, the EPJ vendor leaves the field empty and sends neither 0 nor 999. "
    "If the value is wrong in the record, the health station corrects it and sends the item again.",
)
CHECK_MAPPING_OR_RECORD = Action(
    (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
    "Gjelder funnet mange hendelser, kontrollerer leverandøren hvilke koder uttrekket lager. "
    "Ellers kontrollerer virksomheten journalen. Er journalen riktig, trenger ingen å gjøre noe.",
    "If the finding concerns many items, the EPJ vendor checks which codes the export writes. "
    "Otherwise the health station checks the record. If the record is right, nothing needs to be "
    "done.",
)
