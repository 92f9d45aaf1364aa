-- Groups and their parts, measuring: the last twelve whole months, and weight alone: the same
-- consultations counted for two measures would show how many have reserved one.
-- $1: the day of the report. As dates: a comparison of another type is not made inside the view, which
-- then reads every month.
WITH measure AS (
    SELECT programme_step || ' ' || measure AS item, current_municipality_code AS place,
        sum(measured + measured_at_other_step) AS measured,
        sum(with_reason) AS with_reason, sum(without_reason) AS without_reason
    FROM analytics.measuring
    WHERE measure = 'weight' AND programme_step IS NOT NULL
        AND month < date_trunc('month', $1::date)::date
        AND month >= (date_trunc('month', $1::date) - interval '12 months')::date
    GROUP BY 1, 2
)
SELECT 'measuring' AS topic, item, place, part, number::bigint
FROM measure,
    LATERAL (VALUES ('measured', measured), ('with_reason', with_reason),
        ('without_reason', without_reason)) AS parts (part, number)
WHERE place IS NOT NULL ORDER BY topic, item, place, part;
