-- Groups and their parts. Follow-up and breastfeeding: the two newest birth years with figures,
-- enough children and new; steps of the programme alone, since an indicator is about the same
-- children as its step. Measuring: the last twelve whole months, and weight alone:
-- the same consultations counted for two measures would show how many have reserved one.
-- $1: the day of the report.
WITH known AS (
    SELECT code, current_municipality_code AS place, sum(children) AS children,
        sum(on_time) AS on_time
    FROM (
        SELECT *, dense_rank() OVER (PARTITION BY code ORDER BY birth_year DESC) AS newest
        FROM analytics.adherence_known
        WHERE children > 0 AND code IN (SELECT code FROM reference.programme_step)
    ) AS counted
    WHERE newest <= 2 GROUP BY 1, 2
), fed AS (
    SELECT age_months, current_municipality_code AS place, sum(fully) AS fully,
        sum(partly) AS partly, sum(not_breastfed) AS not_breastfed
    FROM (
        SELECT *, dense_rank() OVER (PARTITION BY age_months ORDER BY birth_year DESC)
            AS newest
        FROM analytics.breastfeeding WHERE asked > 0
    ) AS counted
    WHERE newest <= 2 GROUP BY 1, 2
), measure AS (
    SELECT programme_step || ' ' || measure AS item, current_municipality_code AS place,
        sum(measured + measured_at_other_step) AS measured,
        sum(with_reason) AS with_reason, sum(without_reason) AS without_reason
    FROM analytics.measuring
    WHERE measure = 'weight' AND programme_step IS NOT NULL AND month < date_trunc('month', $1::date)
        AND month >= date_trunc('month', $1::date) - interval '12 months'
    GROUP BY 1, 2
)
SELECT topic, item, place, part, number::bigint FROM (
    SELECT 'follow_up' AS topic, code AS item, place, part, number FROM known,
        LATERAL (VALUES ('on_time', on_time), ('not_on_time', children - on_time))
            AS parts (part, number)
    UNION ALL
    SELECT 'breastfeeding', to_char(age_months, 'FM00'), place, part, number FROM fed,
        LATERAL (VALUES ('fully', fully), ('partly', partly),
            ('not_breastfed', not_breastfed)) AS parts (part, number)
    UNION ALL
    SELECT 'measuring', item, place, part, number FROM measure,
        LATERAL (VALUES ('measured', measured), ('with_reason', with_reason),
            ('without_reason', without_reason)) AS parts (part, number)
) AS divided
WHERE place IS NOT NULL ORDER BY topic, item, place, part;
