-- Which months a unit has reported: by the days that its processed deliveries cover, not by contacts. A
-- quiet month is reported, and a month with some contacts is not if a delivery is missing.

CREATE TABLE analytics.working_day (day date PRIMARY KEY);
COMMENT ON TABLE analytics.working_day IS
    'Days since 2017 that are neither in a weekend nor a public holiday, until the last refresh.';
COMMENT ON COLUMN analytics.working_day.day IS 'A day on which health stations are open.';

-- Where a refresh begins among the receipts of each system.
CREATE INDEX delivery_source
    ON content.delivery (system, source_partition, source_epoch, source_offset);
CREATE VIEW analytics.delivery_start AS
SELECT s.system, p.partition,
    coalesce(m.source_epoch, -1) AS source_epoch, coalesce(m.source_offset, -1) AS source_offset
FROM unnest('{visma-hspro,eg-infodoc,cgm-helsestasjon,helseplattformen}'::text[]) s (system)
CROSS JOIN generate_series(0, 7) p (partition)
LEFT JOIN analytics.source_mark m
    ON m.source = 'receipt ' || s.system AND m.partition = p.partition;
COMMENT ON VIEW analytics.delivery_start IS
    'Where a refresh begins in each of the eight lanes of the receipts of each system.';

CREATE UNLOGGED TABLE analytics.touched_delivery (
    system text NOT NULL,
    source_partition integer NOT NULL,
    source_epoch integer NOT NULL,
    source_offset bigint NOT NULL,
    org_nr text NOT NULL,
    received_month date NOT NULL
);
COMMENT ON TABLE analytics.touched_delivery IS 'Receipts since the last refresh.';

CREATE TABLE analytics.unit_days (org_nr text PRIMARY KEY, reported datemultirange NOT NULL);
COMMENT ON TABLE analytics.unit_days IS
    'Days that the processed deliveries of consultations of a unit cover, whatever its system.';

-- Expected: from the agreement or the first day reported, whichever is earlier, until the agreement
-- ends. A unit without an end is expected to this day: silence is no end.
CREATE TABLE analytics.unit_expectation (
    org_nr text PRIMARY KEY,
    first_day date NOT NULL,
    last_day date NOT NULL,
    paused datemultirange NOT NULL
);
COMMENT ON TABLE analytics.unit_expectation IS
    'The days of which a unit is expected to report, but for its pauses; last_day may be infinity.';
CREATE VIEW analytics.unit_expected AS
SELECT d.org_nr,
    least(min(u.agreed_from), lower(d.reported)) AS first_day,
    CASE WHEN bool_and(u.agreed_to IS NOT NULL) THEN max(u.agreed_to) ELSE 'infinity' END
        AS last_day,
    coalesce(range_agg(daterange(u.paused_from, u.paused_until, '[]'))
        FILTER (WHERE u.paused_from <= coalesce(u.paused_until, 'infinity')), '{}') AS paused
FROM analytics.unit_days d LEFT JOIN content.unit u USING (org_nr)
GROUP BY d.org_nr, d.reported;

CREATE TABLE analytics.unit_month (
    org_nr text NOT NULL,
    month date NOT NULL,
    expected_days integer NOT NULL,
    reported_days integer NOT NULL,
    PRIMARY KEY (org_nr, month)
);
CREATE INDEX unit_month_month ON analytics.unit_month (month);
COMMENT ON TABLE analytics.unit_month IS
    'Working days of a month of which a unit was expected to report, and those that its deliveries '
    'cover. The month is reported when both are equal.';

-- Units of a municipality of today. A unit that is a health station for youth alone is left out.
CREATE VIEW analytics.reporting_unit AS
SELECT found.org_nr, found.current_municipality_code
FROM (
    SELECT org_nr, current_municipality_code FROM analytics.place
    UNION
    SELECT u.org_nr, m.current_code FROM content.unit u
    JOIN reference.municipality_current m
        ON m.code = u.municipality_code AND m.found_by <> 'undecided'
) found
LEFT JOIN analytics.unit y USING (org_nr)
WHERE found.current_municipality_code IS NOT NULL AND NOT coalesce(y.only_youth, false);

CREATE VIEW analytics.reported_month_today AS
SELECT u.current_municipality_code, m.month
FROM analytics.reporting_unit u JOIN analytics.unit_month m USING (org_nr)
GROUP BY 1, 2
HAVING bool_and(m.reported_days >= m.expected_days);
COMMENT ON VIEW analytics.reported_month_today IS
    'Months of which every unit of a municipality that was expected to report has reported all days.';

-- The last day that was expected at the refresh: a delivery has a week, so that a weekend with
-- holidays around it leaves no gap.
ALTER TABLE analytics.refresh ADD COLUMN expected_until date;
COMMENT ON COLUMN analytics.refresh.expected_until IS 'The last day of which a report was expected.';

COMMENT ON TABLE analytics.reported_month IS
    'Months that a municipality of today has reported: every unit, every working day.';
COMMENT ON TABLE analytics.reporting_span IS 'A municipality''s first and last reported month.';
COMMENT ON TABLE analytics.reporting_hole IS
    'Months that are not reported between a municipality''s first and last reported month.';
COMMENT ON COLUMN analytics.adherence_known.children_without_reporting IS
    'Left out: some unit of the municipality has not reported some working day of the window.';
