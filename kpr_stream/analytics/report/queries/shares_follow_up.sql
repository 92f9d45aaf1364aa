-- Groups and their parts, follow-up: the two newest birth years with figures, enough children and new.
-- Steps of the programme alone, since an indicator is about the same children as its step.
WITH by_year AS MATERIALIZED (
    SELECT code, birth_year, current_municipality_code AS place, sum(children) AS children,
        sum(on_time) AS on_time
    FROM analytics.adherence_known
    WHERE children > 0 AND code IN (SELECT code FROM reference.programme_step)
    GROUP BY 1, 2, 3
), newest AS (
    SELECT code, birth_year FROM (
        SELECT code, birth_year, row_number() OVER (PARTITION BY code ORDER BY birth_year DESC) AS n
        FROM by_year GROUP BY 1, 2
    ) AS ranked
    WHERE n <= 2
), known AS (
    SELECT code, place, sum(children) AS children, sum(on_time) AS on_time
    FROM by_year JOIN newest USING (code, birth_year)
    GROUP BY 1, 2
)
SELECT 'follow_up' AS topic, code AS item, place, part, number::bigint
FROM known,
    LATERAL (VALUES ('on_time', on_time), ('not_on_time', children - on_time))
        AS parts (part, number)
WHERE place IS NOT NULL ORDER BY topic, item, place, part;
