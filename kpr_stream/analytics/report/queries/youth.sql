-- Health stations for youth: the last four whole quarters. $1: the day of the report.
SELECT current_municipality_code, to_char(period, 'YYYY-Q'), sum(contacts)::bigint
FROM analytics.activity
WHERE period_months = 3 AND current_municipality_code IS NOT NULL
    AND period < date_trunc('quarter', $1::date)
    AND period >= date_trunc('quarter', $1::date) - interval '12 months'
GROUP BY 1, 2;
