-- Find the persons whose exclusions have changed since the last refresh. Of two that begin on one day,
-- the longer one counts.
INSERT INTO wanted_exclusion
SELECT DISTINCT ON (person_key, kind, from_date) person_key, kind, from_date, until_date
FROM given_exclusion
ORDER BY person_key, kind, from_date, until_date DESC NULLS FIRST;

INSERT INTO changed_exclusion
SELECT DISTINCT person_key FROM (
    (TABLE wanted_exclusion EXCEPT TABLE analytics.excluded_person)
    UNION ALL
    (TABLE analytics.excluded_person EXCEPT TABLE wanted_exclusion)
) differs;
