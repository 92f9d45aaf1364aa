-- Groups and their parts, breastfeeding: the two newest birth years with figures, enough children and new.
WITH fed AS (
    SELECT age_months, current_municipality_code AS place, sum(fully) AS fully,
        sum(partly) AS partly, sum(not_breastfed) AS not_breastfed
    FROM (
        SELECT *, dense_rank() OVER (PARTITION BY age_months ORDER BY birth_year DESC)
            AS newest
        FROM analytics.breastfeeding WHERE asked > 0
    ) AS counted
    WHERE newest <= 2 GROUP BY 1, 2
)
SELECT 'breastfeeding' AS topic, to_char(age_months, 'FM00') AS item, place, part, number::bigint
FROM fed,
    LATERAL (VALUES ('fully', fully), ('partly', partly), ('not_breastfed', not_breastfed))
        AS parts (part, number)
WHERE place IS NOT NULL ORDER BY topic, item, place, part;
