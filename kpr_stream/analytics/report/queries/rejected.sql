-- Rejected items that wait for a correction, by rule.
SELECT org_nr, system, rule, count(*),
    (min(since) AT TIME ZONE 'Europe/Oslo')::date
FROM reporting.rejected_item, unnest(rules) AS rule
WHERE state = 'open' GROUP BY org_nr, system, rule;
