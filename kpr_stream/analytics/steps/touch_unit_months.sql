-- Note the units and months of touched rows, as the rows are now.
INSERT INTO analytics.touched_unit_month
SELECT r.org_nr, r.month
FROM analytics.touched_consultation JOIN analytics.consultation_row r USING (consultation_key)
WHERE r.month IS NOT NULL
UNION
SELECT r.org_nr, r.month
FROM analytics.touched_appointment JOIN analytics.appointment_row r USING (appointment_key)
WHERE r.month IS NOT NULL
UNION
-- A measure at one step counts for the other steps of its group.
SELECT r.org_nr, r.month
FROM analytics.touched_group JOIN analytics.consultation_row r USING (group_key)
WHERE r.month IS NOT NULL AND r.programme_step IN
    (SELECT code FROM reference.programme_step WHERE measurement_group IS NOT NULL)
UNION
SELECT r.org_nr, r.month
FROM changed_exclusion
JOIN analytics.person_group g USING (person_key)
JOIN analytics.consultation_row r USING (group_key)
WHERE r.month IS NOT NULL
ON CONFLICT DO NOTHING;

INSERT INTO analytics.touched_quarter
SELECT DISTINCT analytics.quarter_of(r.month)
FROM analytics.touched_consultation JOIN analytics.consultation_row r USING (consultation_key)
WHERE r.service = 'HFU' AND r.month IS NOT NULL
ON CONFLICT DO NOTHING;
