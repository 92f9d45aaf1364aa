-- Attended consultations of the last twelve whole months. $1: the day of the report.
SELECT current_municipality_code, to_char(period, 'YYYY-MM'), service, sum(contacts)::bigint
FROM analytics.activity
WHERE period_months = 1 AND service IS NOT NULL AND current_municipality_code IS NOT NULL
    AND period < date_trunc('month', $1::date)
    AND period >= date_trunc('month', $1::date) - interval '12 months'
GROUP BY 1, 2, 3;
