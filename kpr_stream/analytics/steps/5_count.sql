-- Count every touched unit and month again, and note where the next refresh begins.
DELETE FROM analytics.activity_cell c USING analytics.touched_unit_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.activity_cell SELECT * FROM analytics.activity_part;

DELETE FROM analytics.attendance_cell c USING analytics.touched_unit_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.attendance_cell SELECT * FROM analytics.attendance_part;

DELETE FROM analytics.measuring_cell c USING analytics.touched_unit_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.measuring_cell SELECT * FROM analytics.measuring_part;

-- Persons of two municipalities that have become one are counted once in the cell of today.
INSERT INTO analytics.touched_quarter
SELECT DISTINCT analytics.quarter_of(r.month)
FROM moved_place JOIN analytics.consultation_row r USING (place_id)
WHERE r.service = 'HFU' AND r.month IS NOT NULL
ON CONFLICT DO NOTHING;
DELETE FROM analytics.youth_cell c USING analytics.touched_quarter t WHERE c.quarter = t.quarter;
INSERT INTO analytics.youth_cell SELECT * FROM analytics.youth_part;

CREATE TEMP TABLE recounted_month ON COMMIT DROP AS
SELECT month FROM analytics.touched_unit_month
UNION
SELECT c.month FROM moved_place JOIN analytics.activity_cell c USING (place_id);
DELETE FROM analytics.reported_month r USING recounted_month m WHERE r.month = m.month;
INSERT INTO analytics.reported_month
SELECT DISTINCT p.current_municipality_code, c.month
FROM recounted_month JOIN analytics.activity_cell c USING (month)
JOIN analytics.place p USING (place_id)
WHERE p.current_municipality_code IS NOT NULL;

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

-- From here the next refresh begins. What was deleted while this one ran is left to it.
INSERT INTO analytics.source_mark AS mark
SELECT s.source, s.partition, last.source_epoch, last.source_offset
FROM analytics.source_start s
CROSS JOIN LATERAL (
    (SELECT c.source_epoch, c.source_offset FROM content.consultation c
        WHERE s.source = 'consultation' AND c.source_partition = s.partition
        ORDER BY c.source_epoch DESC, c.source_offset DESC LIMIT 1)
    UNION ALL
    (SELECT c.source_epoch, c.source_offset FROM content.appointment c
        WHERE s.source = 'appointment' AND c.source_partition = s.partition
        ORDER BY c.source_epoch DESC, c.source_offset DESC LIMIT 1)
    UNION ALL
    (SELECT c.source_epoch, c.source_offset FROM identity.identity c
        WHERE s.source = 'identity' AND c.source_partition = s.partition
        ORDER BY c.source_epoch DESC, c.source_offset DESC LIMIT 1)
    UNION ALL
    (SELECT c.source_epoch, c.source_offset FROM identity.identity_link c
        WHERE s.source = 'identity_link' AND c.source_partition = s.partition
        ORDER BY c.source_epoch DESC, c.source_offset DESC LIMIT 1)
) last
ON CONFLICT (source, partition) DO UPDATE SET
    source_epoch = excluded.source_epoch, source_offset = excluded.source_offset
WHERE (mark.source_epoch, mark.source_offset) < (excluded.source_epoch, excluded.source_offset);
DELETE FROM analytics.removed;
