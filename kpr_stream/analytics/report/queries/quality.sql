-- Quality of the last twelve whole months. A share has the values 0 and 1, a delay its days.
-- $1: the day of the report. Months are compared with dates, as in shares_measuring.sql.
WITH counted AS (
    SELECT current_municipality_code AS place, field AS figure, sum(filled) AS part,
        sum(expected) AS whole
    FROM analytics.quality_completeness
    WHERE field IN ('duration_minutes', 'practitioner_roles', 'programme_step', 'person')
        AND month >= (date_trunc('month', $1::date) - interval '12 months')::date
        AND month < date_trunc('month', $1::date)::date
    GROUP BY 1, 2
    UNION ALL
    SELECT current_municipality_code, 'rejected', sum(rejected_items), sum(items)
    FROM analytics.quality_outcome
    WHERE month >= (date_trunc('month', $1::date) - interval '12 months')::date
        AND month < date_trunc('month', $1::date)::date
    GROUP BY 1
)
SELECT place, figure, value, number::bigint FROM (
    SELECT place, figure, value, number FROM counted,
        LATERAL (VALUES (1, part), (0, whole - part)) AS parts (value, number)
    UNION ALL
    SELECT current_municipality_code, 'delay', delay_days, sum(consultations)
    FROM analytics.quality_delay_days
    WHERE month >= (date_trunc('month', $1::date) - interval '12 months')::date
        AND month < date_trunc('month', $1::date)::date AND delay_days IS NOT NULL
    GROUP BY 1, 3
) AS found
WHERE place IS NOT NULL;
