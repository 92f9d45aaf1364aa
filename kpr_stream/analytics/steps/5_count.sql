-- Count every touched unit and month again, and note where the next refresh begins.
DELETE FROM analytics.activity_cell c USING analytics.touched_unit_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.activity_cell SELECT * FROM analytics.activity_part;

DELETE FROM analytics.attendance_cell c USING analytics.touched_unit_month t
WHERE c.org_nr = t.org_nr AND c.month = t.month;
INSERT INTO analytics.attendance_cell SELECT * FROM analytics.attendance_part;

-- What leaves the cells of months and what comes is added to those of years.
CREATE TEMP TABLE measuring_change (LIKE analytics.measuring_year_cell) ON COMMIT DROP;
WITH gone AS (
    DELETE FROM analytics.measuring_cell c USING analytics.touched_unit_month t
    WHERE c.org_nr = t.org_nr AND c.month = t.month
    RETURNING c.*
)
INSERT INTO measuring_change
SELECT place_id, extract(year FROM month)::int, service, programme_step, measure, -expected, -measured,
    -measured_at_other_step, -with_reason
FROM gone;
WITH made AS (
    INSERT INTO analytics.measuring_cell SELECT * FROM analytics.measuring_part RETURNING *
)
INSERT INTO measuring_change
SELECT place_id, extract(year FROM month)::int, service, programme_step, measure, expected, measured,
    measured_at_other_step, with_reason
FROM made;
INSERT INTO analytics.measuring_year_cell AS y
SELECT place_id, year, service, programme_step, measure, sum(expected), sum(measured),
    sum(measured_at_other_step), sum(with_reason)
FROM measuring_change
GROUP BY 1, 2, 3, 4, 5
HAVING (sum(expected), sum(measured), sum(measured_at_other_step), sum(with_reason)) <> (0, 0, 0, 0)
ON CONFLICT (place_id, year, service, programme_step, measure) DO UPDATE SET
    expected = y.expected + excluded.expected,
    measured = y.measured + excluded.measured,
    measured_at_other_step = y.measured_at_other_step + excluded.measured_at_other_step,
    with_reason = y.with_reason + excluded.with_reason;
DELETE FROM analytics.measuring_year_cell WHERE expected = 0;

-- Persons of two municipalities that have become one are counted once in the cell of today.
INSERT INTO analytics.touched_quarter
SELECT DISTINCT analytics.quarter_of(r.month)
FROM moved_place JOIN analytics.consultation_row r USING (place_id)
WHERE r.service = 'HFU' AND r.month IS NOT NULL
ON CONFLICT DO NOTHING;
DELETE FROM analytics.youth_cell c USING analytics.touched_quarter t WHERE c.quarter = t.quarter;
INSERT INTO analytics.youth_cell SELECT * FROM analytics.youth_part;

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
