-- The quality of what is reported: by unit, municipality (as it was), system, software release and month.
-- A municipality reads these views too, so every table has its code and obeys the same policy as the
-- tables of content.

CREATE INDEX delivery_sequence ON content.delivery (org_nr, system, sequence)
    WHERE status = 'processed';
CREATE INDEX delivery_finding_source
    ON content.delivery_finding (system, source_partition, source_epoch, source_offset);

CREATE TABLE analytics.outcome_cell (
    org_nr text NOT NULL,
    municipality_code text,
    system text NOT NULL,
    software_version text,
    message_type text NOT NULL,
    month date NOT NULL,
    deliveries integer NOT NULL,
    empty_deliveries integer NOT NULL,
    refused_attempts integer NOT NULL,
    items bigint NOT NULL,
    accepted_items bigint NOT NULL,
    corrected_items bigint NOT NULL,
    deleted_items bigint NOT NULL,
    duplicate_items bigint NOT NULL,
    superseded_items bigint NOT NULL,
    stale_items bigint NOT NULL,
    rejected_items bigint NOT NULL
);
CREATE INDEX outcome_cell_unit ON analytics.outcome_cell (org_nr, month);
CREATE TABLE analytics.finding_cell (
    org_nr text NOT NULL,
    municipality_code text,
    system text NOT NULL,
    software_version text,
    message_type text NOT NULL,
    month date NOT NULL,
    rule text NOT NULL,
    severity text,
    pointer text NOT NULL,
    items bigint NOT NULL
);
CREATE INDEX finding_cell_unit ON analytics.finding_cell (org_nr, month);
CREATE TABLE analytics.completeness_cell (
    org_nr text NOT NULL,
    municipality_code text,
    system text NOT NULL,
    software_version text,
    month date NOT NULL,
    field text NOT NULL,
    expected integer NOT NULL,
    filled integer NOT NULL
);
CREATE INDEX completeness_cell_unit ON analytics.completeness_cell (org_nr, month);
CREATE TABLE analytics.delay_cell (
    org_nr text NOT NULL,
    municipality_code text,
    system text NOT NULL,
    software_version text,
    month date NOT NULL,
    delay_days integer,
    consultations integer NOT NULL
);
CREATE INDEX delay_cell_unit ON analytics.delay_cell (org_nr, month);

COMMENT ON TABLE analytics.outcome_cell IS
    'Deliveries and items by outcome, by the month in which they were received.';
COMMENT ON TABLE analytics.finding_cell IS
    'Items with a finding, by rule and field; refused deliveries by cause, with severity refused.';
COMMENT ON TABLE analytics.completeness_cell IS
    'Attended consultations by field: where the field is expected, and where it is filled.';
COMMENT ON TABLE analytics.delay_cell IS
    'Attended consultations by days from the consultation to its first report; null for history that '
    'was reported when the unit began.';

DO $$
DECLARE
    cell text;
    named record;
BEGIN
    FOREACH cell IN ARRAY '{outcome_cell,finding_cell,completeness_cell,delay_cell}'::text[] LOOP
        EXECUTE format('ALTER TABLE analytics.%I ENABLE ROW LEVEL SECURITY', cell);
        EXECUTE format('ALTER TABLE analytics.%I FORCE ROW LEVEL SECURITY', cell);
        EXECUTE format(
            'CREATE POLICY owner ON analytics.%I TO %I USING '
            '((SELECT registry.municipalities_of(current_user)) IS NULL OR municipality_code = '
            'ANY ((SELECT registry.municipalities_of(current_user))::text[]))', cell, current_user
        );
    END LOOP;
END
$$;

-- The release of a row is that of the delivery that its present version came with.
CREATE VIEW analytics.quality_row AS
SELECT r.*, c.municipality_code, c.district_code, c.time_precision, c.maternity_discharge_date,
    (SELECT d.software_version FROM content.delivery d
        WHERE d.org_nr = r.org_nr AND d.system = r.system AND d.sequence = c.sequence
            AND d.status = 'processed' ORDER BY d.received_at LIMIT 1) AS software_version,
    CASE WHEN r.group_key IN (SELECT e.group_key FROM analytics.excluded_group e)
        THEN analytics.reserved_kinds(r.group_key, r.date) ELSE '{}' END AS reserved
FROM analytics.consultation_row r JOIN content.consultation c USING (consultation_key)
WHERE r.attendance = 'MOTT' AND r.service IS DISTINCT FROM 'HFU' AND r.month IS NOT NULL;

-- A field is expected of these consultations; a value that was set aside does not fill its field.
CREATE VIEW analytics.quality_field AS
SELECT r.org_nr, r.municipality_code, r.system, r.software_version, r.month, f.field, f.filled
FROM analytics.quality_row r
LEFT JOIN reference.programme_step p ON p.code = r.programme_step
    AND p.valid_from <= r.date AND (p.valid_to IS NULL OR r.date < p.valid_to)
    AND r.service IN ('HELSESTASJON_0_5', 'SKOLEHELSETJENESTE')
CROSS JOIN LATERAL (VALUES
    ('person', true, r.person_key IS NOT NULL),
    ('sex', r.person_key IS NOT NULL, r.sex IS NOT NULL),
    ('service', true, r.service IS NOT NULL),
    ('start_time', true, r.time_precision = 'minute'),
    ('consultation_type', true, r.consultation_type IS NOT NULL),
    ('contact_form', true, r.contact_form IS NOT NULL),
    ('duration_minutes', true, r.duration_minutes IS NOT NULL),
    ('practitioner_roles', true, cardinality(r.practitioner_roles) > 0),
    ('municipality_code', true, r.municipality_code IS NOT NULL),
    ('district_code',
        r.municipality_code IN (SELECT d.current_municipality_code FROM reference.district d),
        r.district_code IS NOT NULL),
    ('group_size', r.contact_form = 'GRUPPE', r.group_size IS NOT NULL),
    ('grade', r.service = 'SKOLEHELSETJENESTE', r.grade IS NOT NULL),
    ('programme_step', p.code IS NOT NULL, r.programme_step_reported IS NOT NULL),
    ('maternity_discharge_date', p.code = 'HJEMMEBESOK', r.maternity_discharge_date IS NOT NULL),
    ('weight', p.weight_expected AND NOT 'weight' = ANY (r.reserved),
        r.weight_g IS NOT NULL OR r.weight_reason_not_measured IS NOT NULL),
    ('length', p.length_expected AND NOT 'growth' = ANY (r.reserved),
        r.length_mm IS NOT NULL OR r.length_reason_not_measured IS NOT NULL),
    ('length_position', r.length_mm IS NOT NULL, r.length_position IS NOT NULL),
    ('head_circumference',
        p.head_circumference_expected AND NOT 'head_circumference' = ANY (r.reserved),
        r.head_circumference_mm IS NOT NULL
            OR r.head_circumference_reason_not_measured IS NOT NULL),
    ('breastfeeding', p.breastfeeding_expected AND NOT 'breastfeeding' = ANY (r.reserved),
        r.breastfeeding_status IS NOT NULL)
) f (field, expected, filled)
WHERE f.expected;

-- Days from a consultation to its first report. Consultations before the day of the first delivery of
-- unit and system are history, of which the delay says nothing.
CREATE VIEW analytics.quality_delay_row AS
SELECT r.org_nr, r.municipality_code, r.system, r.software_version, r.month,
    CASE WHEN r.date >= (
        SELECT (min(d.received_at) AT TIME ZONE 'Europe/Oslo')::date FROM content.delivery d
        WHERE d.org_nr = r.org_nr AND d.system = r.system AND d.status = 'processed'
    ) THEN least(greatest((
        SELECT (min(v.recorded_at) AT TIME ZONE 'Europe/Oslo')::date
        FROM content.consultation_version v WHERE v.consultation_key = r.consultation_key
    ) - r.date, 0), 366) END AS delay_days
FROM analytics.quality_row r;

CREATE VIEW analytics.quality_outcome WITH (security_barrier) AS
SELECT c.org_nr, c.municipality_code, m.current_code AS current_municipality_code, c.system,
    c.software_version, c.message_type, c.month, c.deliveries, c.empty_deliveries,
    c.refused_attempts, c.items, c.accepted_items, c.corrected_items, c.deleted_items,
    c.duplicate_items, c.superseded_items, c.stale_items, c.rejected_items
FROM analytics.outcome_cell c
LEFT JOIN reference.municipality_current m
    ON m.code = c.municipality_code AND m.found_by <> 'undecided';
COMMENT ON VIEW analytics.quality_outcome IS
    'Quality: deliveries and items by outcome and month of receipt. Share: rejected_items / items.';

CREATE VIEW analytics.quality_finding WITH (security_barrier) AS
SELECT c.org_nr, c.municipality_code, m.current_code AS current_municipality_code, c.system,
    c.software_version, c.message_type, c.month, c.rule, c.severity, c.pointer, c.items
FROM analytics.finding_cell c
LEFT JOIN reference.municipality_current m
    ON m.code = c.municipality_code AND m.found_by <> 'undecided';
COMMENT ON VIEW analytics.quality_finding IS
    'Quality: findings of receipts by rule, field and month of receipt. set_aside: the value was left '
    'out; reject: the item was not taken; refused: the delivery was not taken.';

CREATE VIEW analytics.quality_completeness WITH (security_barrier) AS
SELECT c.org_nr, c.municipality_code, m.current_code AS current_municipality_code, c.system,
    c.software_version, c.month, c.field, c.expected, c.filled
FROM analytics.completeness_cell c
LEFT JOIN reference.municipality_current m
    ON m.code = c.municipality_code AND m.found_by <> 'undecided';
COMMENT ON VIEW analytics.quality_completeness IS
    'Quality: attended consultations where a field is expected, and where it is filled. Share: filled '
    '/ expected. Without health stations for youth.';

CREATE VIEW analytics.quality_delay WITH (security_barrier) AS
SELECT c.org_nr, c.municipality_code, m.current_code AS current_municipality_code, c.system,
    c.software_version, c.month,
    sum(c.consultations) FILTER (WHERE c.delay_days IS NOT NULL) AS consultations,
    coalesce(sum(c.consultations) FILTER (WHERE c.delay_days IS NULL), 0) AS history,
    min(c.delay_days) FILTER (WHERE 2 * c.so_far >= c.of_all) AS median_days,
    min(c.delay_days) FILTER (WHERE 10 * c.so_far >= 9 * c.of_all) AS p90_days
FROM (
    SELECT d.*, sum(d.consultations) FILTER (WHERE d.delay_days IS NOT NULL)
            OVER (cell ORDER BY d.delay_days) AS so_far,
        sum(d.consultations) FILTER (WHERE d.delay_days IS NOT NULL) OVER cell AS of_all
    FROM analytics.delay_cell d
    WINDOW cell AS (PARTITION BY d.org_nr, d.municipality_code, d.system, d.software_version,
        d.month)
) c
LEFT JOIN reference.municipality_current m
    ON m.code = c.municipality_code AND m.found_by <> 'undecided'
GROUP BY c.org_nr, c.municipality_code, m.current_code, c.system, c.software_version, c.month;
COMMENT ON VIEW analytics.quality_delay IS
    'Quality: days from a consultation to its first report, by month of the consultation.';

CREATE VIEW analytics.quality_delay_days WITH (security_barrier) AS
SELECT c.org_nr, c.municipality_code, m.current_code AS current_municipality_code, c.system,
    c.software_version, c.month, c.delay_days, c.consultations
FROM analytics.delay_cell c
LEFT JOIN reference.municipality_current m
    ON m.code = c.municipality_code AND m.found_by <> 'undecided';
COMMENT ON VIEW analytics.quality_delay_days IS
    'Quality: consultations by the number of days to their first report: percentiles of several cells '
    'are computed from this view, never from other percentiles.';

CREATE VIEW analytics.quality_coverage WITH (security_barrier) AS
SELECT u.org_nr, u.municipality_code, u.current_municipality_code, m.month, m.expected_days,
    m.reported_days, m.expected_days - m.reported_days AS missing_days
FROM analytics.unit_month m
JOIN (
    SELECT DISTINCT ON (s.org_nr) s.org_nr, s.municipality_code,
        t.current_code AS current_municipality_code
    FROM content.unit s
    LEFT JOIN reference.municipality_current t
        ON t.code = s.municipality_code AND t.found_by <> 'undecided'
    ORDER BY s.org_nr, s.last_delivery_at DESC
) u USING (org_nr);
COMMENT ON VIEW analytics.quality_coverage IS
    'Quality: working days of each month since 2017 of which a unit was expected to report, and those '
    'that its deliveries cover. A gap is a month with missing_days > 0.';

-- The month against the same month of earlier years. MAD: the median of the distances from the median;
-- times 1.4826 it is the standard deviation of a normal distribution. A count varies at least by the
-- square root of its size.
CREATE VIEW analytics.quality_plausibility WITH (security_barrier) AS
SELECT now.org_nr, now.municipality_code, now.current_municipality_code, now.service, now.month,
    now.contacts, past.years, past.median, spread.mad,
    CASE WHEN past.years >= 3 THEN round(((now.contacts - past.median)
        / greatest(1.4826 * spread.mad, sqrt(past.median), 1))::numeric, 2) END AS robust_z
FROM (
    SELECT c.org_nr, c.municipality_code, c.current_municipality_code, s.service, c.month,
        c.missing_days, coalesce((SELECT sum(a.contacts) FROM analytics.activity_cell a
            WHERE a.org_nr = c.org_nr AND a.month = c.month AND a.service = s.service), 0)::int
            AS contacts
    FROM analytics.quality_coverage c
    JOIN (SELECT DISTINCT org_nr, service FROM analytics.activity_cell WHERE service IS NOT NULL) s
        USING (org_nr)
    WHERE c.missing_days = 0
) now
CROSS JOIN LATERAL (
    SELECT count(*)::int AS years, percentile_cont(0.5) WITHIN GROUP (ORDER BY e.contacts) AS median,
        array_agg(e.contacts) AS counts
    FROM (
        SELECT (SELECT coalesce(sum(a.contacts), 0) FROM analytics.activity_cell a
            WHERE a.org_nr = m.org_nr AND a.month = m.month AND a.service = now.service)
            AS contacts
        FROM analytics.unit_month m
        WHERE m.org_nr = now.org_nr AND m.month < now.month AND m.reported_days >= m.expected_days
            AND extract(month FROM m.month) = extract(month FROM now.month)
    ) e
) past
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(v - past.median)) AS mad
    FROM unnest(past.counts) v
) spread;
COMMENT ON VIEW analytics.quality_plausibility IS
    'Quality: attended consultations of a reported month against the same month of earlier years of '
    'the same unit and service.';

DO $$
DECLARE
    named record;
    texts CONSTANT jsonb := '{
        "org_nr": "Reporting unit.",
        "municipality_code": "Municipality as the delivery or the record named it; in coverage and plausibility that of the newest delivery.",
        "current_municipality_code": "Municipality of today; null where nobody can tell.",
        "system": "EPJ system.",
        "software_version": "Release that the delivery named; null if it named none.",
        "message_type": "consultation or appointment.",
        "month": "First day of the month: of receipt for outcomes and findings, else of the consultation or the day.",
        "deliveries": "Processed deliveries.",
        "empty_deliveries": "Processed deliveries without items: quiet days.",
        "refused_attempts": "Attempts to deliver that were not taken.",
        "items": "Items: for a finding those with it (attempts, if severity is refused), else all of the processed deliveries.",
        "accepted_items": "Items godtatt: new.",
        "corrected_items": "Items rettet: known, new content.",
        "deleted_items": "Items slettet.",
        "duplicate_items": "Items duplikat: known, same content.",
        "superseded_items": "Items erstattet: the newer system of the unit has them.",
        "stale_items": "Items utdatert: older than what is known.",
        "rejected_items": "Items avvist.",
        "rule": "Id of the rule, or the cause of the refusal.",
        "severity": "reject, set_aside, warn or refused; null where the receipt has no text of the rule.",
        "pointer": "JSON pointer to the field in the item; empty for a refusal.",
        "field": "The field.",
        "expected": "Attended consultations of which the field is expected: the denominator.",
        "filled": "Of these, with a value that was kept (measures: or a reason): the numerator.",
        "consultations": "Attended consultations since the first delivery of unit and system.",
        "history": "Attended consultations before it: in no percentile.",
        "median_days": "Half of the consultations were reported within this number of days.",
        "p90_days": "Nine of ten consultations were reported within this number of days.",
        "delay_days": "Days from the consultation to its first report, 366 for more; null for history.",
        "expected_days": "Working days of which a report was expected.",
        "reported_days": "Of these, covered by a processed delivery of consultations.",
        "missing_days": "expected_days - reported_days.",
        "service": "HELSESTASJON_0_5, SKOLEHELSETJENESTE or SVANGERSKAP_BARSEL.",
        "contacts": "Attended consultations.",
        "years": "Earlier years whose same month is reported.",
        "median": "Median of their contacts.",
        "mad": "Median absolute deviation from the median.",
        "robust_z": "(contacts - median) / greatest(1.4826 x mad, square root of median, 1); null with fewer than three years."
    }';
BEGIN
    FOR named IN
        SELECT c.oid::regclass AS place, a.attname::text AS name
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind IN ('r', 'v')
            AND (c.relname ~ '^quality_(outcome|finding|completeness|delay|delay_days|coverage|plausibility)$'
                OR c.relname ~ '^(outcome|finding|completeness|delay)_cell$')
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', named.place, named.name,
            texts ->> named.name);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA analytics TO municipality;
GRANT SELECT ON analytics.quality_outcome, analytics.quality_finding,
    analytics.quality_completeness, analytics.quality_delay, analytics.quality_delay_days,
    analytics.quality_coverage, analytics.quality_plausibility TO analyst, municipality;
