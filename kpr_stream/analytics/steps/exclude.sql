-- Find whose exclusions differ from those wanted, and store the wanted ones.
INSERT INTO changed_exclusion
SELECT DISTINCT person_key FROM (
    (TABLE wanted_exclusion EXCEPT TABLE analytics.excluded_person)
    UNION ALL
    (TABLE analytics.excluded_person EXCEPT TABLE wanted_exclusion)
) differs;
