-- Question (c): how many of the children asked at 6 completed months are breastfed, fully or partly?
-- The last answer of each child in that month counts. Prints one line.
--
-- Example: psql --no-psqlrc --tuples-only --no-align --file examples/analyse/breastfed.sql

WITH last_answer AS (
    SELECT DISTINCT ON (group_key) breastfeeding_status
    FROM analytics.consultation
    WHERE service = 'HELSESTASJON_0_5' AND attendance = 'MOTT' AND age_months = 6
        AND group_key IS NOT NULL AND breastfeeding_status IN ('FULLT', 'DELVIS', 'IKKE')
    ORDER BY group_key, date DESC, consultation_key DESC
), counted AS (
    SELECT count(*) AS asked,
        count(*) FILTER (WHERE breastfeeding_status <> 'IKKE') AS breastfed
    FROM last_answer
)
-- Small counts, and shares of small groups, could be those of a child that somebody knows.
SELECT CASE
    WHEN asked < 10 OR breastfed BETWEEN 1 AND 4 OR asked - breastfed BETWEEN 1 AND 4 THEN ':'
    ELSE format('%s per cent of %s', (200 * breastfed + asked) / (2 * asked), asked)
END
FROM counted;
