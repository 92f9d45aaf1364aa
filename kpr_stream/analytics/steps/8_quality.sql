-- Count again what is new about the quality of reports. Deliveries and findings are counted by the month
-- of receipt, rows by the month of the consultation.
CREATE TEMP TABLE received_month ON COMMIT DROP AS
SELECT DISTINCT org_nr, received_month AS month FROM analytics.touched_delivery;
ANALYZE received_month;

CREATE TEMP TABLE received_delivery ON COMMIT DROP AS
SELECT d.*, t.month
FROM received_month t
-- The month twice: as an equality for a hash of many deliveries, as a range for the index on few.
JOIN content.delivery d ON d.org_nr = t.org_nr
    AND analytics.month_of((d.received_at AT TIME ZONE 'Europe/Oslo')::date) = t.month
    AND d.received_at >= t.month::timestamp AT TIME ZONE 'Europe/Oslo'
    AND d.received_at < (t.month + interval '1 month') AT TIME ZONE 'Europe/Oslo';

DELETE FROM analytics.outcome_cell c USING received_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.outcome_cell
SELECT org_nr, municipality_code, system, software_version, message_type, month,
    count(*) FILTER (WHERE status = 'processed'),
    count(*) FILTER (WHERE status = 'processed' AND item_count = 0),
    count(*) FILTER (WHERE status = 'refused'),
    coalesce(sum(item_count) FILTER (WHERE status = 'processed'), 0),
    sum(accepted_items), sum(corrected_items), sum(deleted_items), sum(duplicate_items),
    sum(superseded_items), sum(stale_items), sum(rejected_items)
FROM received_delivery
WHERE status IN ('processed', 'refused')
GROUP BY 1, 2, 3, 4, 5, 6;

DELETE FROM analytics.finding_cell c USING received_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.finding_cell
SELECT d.org_nr, d.municipality_code, d.system, d.software_version, d.message_type, d.month,
    f.rule, max(f.severity), f.pointer, sum(f.items)
FROM received_delivery d
JOIN content.delivery_finding f ON f.system = d.system AND f.org_nr = d.org_nr
    AND f.received_at = d.received_at AND f.delivery_partition = d.delivery_partition
    AND f.delivery_offset = d.delivery_offset
WHERE d.status = 'processed'
GROUP BY 1, 2, 3, 4, 5, 6, f.rule, f.pointer
UNION ALL
SELECT org_nr, municipality_code, system, software_version, message_type, month,
    coalesce(cause, reason), 'refused', '', count(*)
FROM received_delivery
WHERE status = 'refused' AND coalesce(cause, reason) IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- A delivery that is stored after its rows names their release.
CREATE TEMP TABLE quality_month ON COMMIT DROP AS
SELECT org_nr, month FROM analytics.touched_unit_month
UNION
SELECT d.org_nr, m.month::date
FROM analytics.touched_delivery t
JOIN content.delivery d USING (system, source_partition, source_epoch, source_offset)
CROSS JOIN LATERAL generate_series(
    date_trunc('month', greatest(d.period_from, date '2017-01-01')::timestamp),
    least(d.period_to, (d.received_at AT TIME ZONE 'Europe/Oslo')::date)::timestamp,
    interval '1 month'
) m (month)
WHERE d.status = 'processed' AND d.message_type = 'consultation'
UNION
SELECT c.org_nr, c.month FROM analytics.completeness_cell c
WHERE c.software_version IS NULL AND c.org_nr IN (SELECT org_nr FROM analytics.touched_delivery);
ANALYZE quality_month;

DELETE FROM analytics.completeness_cell c USING quality_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.completeness_cell
SELECT f.org_nr, f.municipality_code, f.system, f.software_version, f.month, f.field, count(*),
    count(*) FILTER (WHERE f.filled)
FROM quality_month JOIN analytics.quality_field f USING (org_nr, month)
GROUP BY 1, 2, 3, 4, 5, 6;

DELETE FROM analytics.delay_cell c USING quality_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.delay_cell
SELECT r.org_nr, r.municipality_code, r.system, r.software_version, r.month, r.delay_days, count(*)
FROM quality_month JOIN analytics.quality_delay_row r USING (org_nr, month)
GROUP BY 1, 2, 3, 4, 5, 6;
