-- Find which months units and municipalities have reported. kpr.expected_until is the last day of which
-- a report is expected by now.
TRUNCATE analytics.touched_delivery;
-- By index, as in step 1.
CREATE TEMP TABLE begin_delivery_at ON COMMIT DROP AS TABLE analytics.delivery_start;
ANALYZE begin_delivery_at;
SET LOCAL enable_seqscan = off;
INSERT INTO analytics.touched_delivery
SELECT d.system, d.source_partition, d.source_epoch, d.source_offset, d.org_nr,
    analytics.month_of((d.received_at AT TIME ZONE 'Europe/Oslo')::date)
FROM begin_delivery_at s
JOIN content.delivery d ON d.system = s.system AND d.source_partition = s.partition
    AND (d.source_epoch, d.source_offset) > (s.source_epoch, s.source_offset);
-- Findings of a further part of a receipt may be stored later than its first part.
INSERT INTO analytics.touched_delivery
SELECT DISTINCT f.system, f.source_partition, f.source_epoch, f.source_offset, f.org_nr,
    analytics.month_of((f.received_at AT TIME ZONE 'Europe/Oslo')::date)
FROM begin_delivery_at s
JOIN content.delivery_finding f ON f.system = s.system AND f.source_partition = s.partition
    AND (f.source_epoch, f.source_offset) > (s.source_epoch, s.source_offset)
WHERE f.part > 1;
SET LOCAL enable_seqscan = DEFAULT;
ANALYZE analytics.touched_delivery;

CREATE TEMP TABLE touched_reporter ON COMMIT DROP AS
SELECT d.org_nr, range_agg(p.days) AS days
FROM analytics.touched_delivery t
JOIN content.delivery d USING (system, source_partition, source_epoch, source_offset)
CROSS JOIN LATERAL (
    SELECT greatest(d.period_from, date '2017-01-01') AS first_day,
        least(d.period_to, (d.received_at AT TIME ZONE 'Europe/Oslo')::date) AS last_day
) b
CROSS JOIN LATERAL (
    SELECT daterange(b.first_day, b.last_day, '[]') AS days WHERE b.first_day <= b.last_day
) p
WHERE d.status = 'processed' AND d.message_type = 'consultation'
GROUP BY d.org_nr;

INSERT INTO analytics.unit_days AS u SELECT org_nr, days FROM touched_reporter
ON CONFLICT (org_nr) DO UPDATE SET reported = u.reported + excluded.reported;

-- A delivery changes what is reported from its first day on. An agreement or a pause changes what is
-- expected, of any month and without a delivery.
CREATE TEMP TABLE changed_reporter ON COMMIT DROP AS
SELECT org_nr, min(since) AS since
FROM (
    SELECT org_nr, analytics.month_of(lower(days)) AS since FROM touched_reporter
    UNION ALL
    SELECT org_nr, '-infinity' FROM analytics.unit_expected e
    LEFT JOIN analytics.unit_expectation was USING (org_nr)
    WHERE (e.first_day, e.last_day, e.paused)
        IS DISTINCT FROM (was.first_day, was.last_day, was.paused)
) found
GROUP BY org_nr;
ANALYZE changed_reporter;
DELETE FROM analytics.unit_expectation e USING changed_reporter c WHERE e.org_nr = c.org_nr;
INSERT INTO analytics.unit_expectation
SELECT e.* FROM analytics.unit_expected e JOIN changed_reporter USING (org_nr);

-- For all units: months that have grown since the last refresh, or are to come again.
CREATE TEMP TABLE open_month ON COMMIT DROP AS
SELECT now_until, analytics.month_of(least(now_until, coalesce(r.expected_until, '2017-01-01')))
    AS first_month
FROM (SELECT current_setting('kpr.expected_until')::date AS now_until) n
LEFT JOIN analytics.refresh r ON true;

DELETE FROM analytics.unit_month m WHERE m.month >= (SELECT first_month FROM open_month);
DELETE FROM analytics.unit_month m USING changed_reporter c
WHERE m.org_nr = c.org_nr AND m.month >= c.since;
CREATE TEMP TABLE judged_unit ON COMMIT DROP AS
SELECT u.org_nr, u.paused, d.reported,
    greatest(u.first_day, least(c.since, o.first_month)) AS first_day,
    least(u.last_day, o.now_until) AS last_day
FROM analytics.unit_expectation u
JOIN analytics.unit_days d USING (org_nr)
LEFT JOIN changed_reporter c USING (org_nr)
CROSS JOIN open_month o;
ANALYZE judged_unit, analytics.working_day;
INSERT INTO analytics.unit_month
SELECT u.org_nr, analytics.month_of(w.day), count(*)::int,
    (count(*) FILTER (WHERE w.day <@ u.reported))::int
FROM judged_unit u
JOIN analytics.working_day w ON w.day BETWEEN u.first_day AND u.last_day AND NOT w.day <@ u.paused
GROUP BY 1, 2;
ANALYZE analytics.unit_month;

-- A unit may have come to a municipality, or a municipality to another: all are compared, and only
-- differences are written.
CREATE TEMP TABLE wanted_month ON COMMIT DROP AS TABLE analytics.reported_month_today;
DELETE FROM analytics.reported_month r WHERE NOT EXISTS (
    SELECT FROM wanted_month w
    WHERE w.current_municipality_code = r.current_municipality_code AND w.month = r.month
);
INSERT INTO analytics.reported_month TABLE wanted_month ON CONFLICT DO NOTHING;

DELETE FROM analytics.reporting_span;
INSERT INTO analytics.reporting_span
SELECT current_municipality_code, min(month), max(month)
FROM analytics.reported_month GROUP BY 1;
DELETE FROM analytics.reporting_hole;
INSERT INTO analytics.reporting_hole
SELECT s.current_municipality_code, m.month::date
FROM analytics.reporting_span s
CROSS JOIN generate_series(s.first_month, s.last_month, interval '1 month') m (month)
WHERE NOT EXISTS (
    SELECT FROM analytics.reported_month r
    WHERE r.current_municipality_code = s.current_municipality_code AND r.month = m.month
);

INSERT INTO analytics.source_mark AS mark
SELECT DISTINCT ON (system, source_partition) 'receipt ' || system, source_partition,
    source_epoch, source_offset
FROM analytics.touched_delivery
ORDER BY system, source_partition, source_epoch DESC, source_offset DESC
ON CONFLICT (source, partition) DO UPDATE SET
    source_epoch = excluded.source_epoch, source_offset = excluded.source_offset;
