-- Replace the touched rows, and bring today's places up to date.
ANALYZE analytics.derived_consultation;

DELETE FROM analytics.consultation_row r USING analytics.touched_consultation t
WHERE r.consultation_key = t.consultation_key;
INSERT INTO analytics.consultation_row SELECT * FROM analytics.new_consultation_row;

DELETE FROM analytics.appointment_row r USING analytics.touched_appointment t
WHERE r.appointment_key = t.appointment_key;
INSERT INTO analytics.appointment_row SELECT * FROM analytics.new_appointment_row;

DELETE FROM analytics.place p
WHERE NOT EXISTS (SELECT FROM analytics.consultation_row r WHERE r.place_id = p.place_id)
    AND NOT EXISTS (SELECT FROM analytics.appointment_row r WHERE r.place_id = p.place_id);

CREATE TEMP TABLE moved_place ON COMMIT DROP AS
SELECT t.place_id
FROM analytics.place_today t JOIN analytics.place p USING (place_id)
WHERE (t.code, t.name, t.county_code, t.county_name, t.district_code, t.found_by)
    IS DISTINCT FROM (p.current_municipality_code, p.current_municipality_name,
        p.current_county_code, p.current_county_name, p.current_district_code,
        p.current_found_by);

UPDATE analytics.place p SET
    current_municipality_code = t.code,
    current_municipality_name = t.name,
    current_county_code = t.county_code,
    current_county_name = t.county_name,
    current_district_code = t.district_code,
    current_found_by = t.found_by
FROM analytics.place_today t
WHERE p.place_id = t.place_id AND p.place_id IN (SELECT place_id FROM moved_place);

-- OFFSET 0: the first row of each unit decides. Without, the planner puts all rows into a hash.
INSERT INTO analytics.unit
SELECT u.org_nr,
    EXISTS (SELECT FROM analytics.consultation_row r WHERE r.org_nr = u.org_nr OFFSET 0)
    AND NOT EXISTS (
        SELECT FROM analytics.consultation_row r
        WHERE r.org_nr = u.org_nr AND r.service IS DISTINCT FROM 'HFU' OFFSET 0
    )
FROM (
    SELECT org_nr FROM analytics.touched_unit_month
    UNION SELECT r.org_nr FROM analytics.touched_consultation
        JOIN analytics.consultation_row r USING (consultation_key)
    UNION SELECT r.org_nr FROM analytics.touched_appointment
        JOIN analytics.appointment_row r USING (appointment_key)
) u
ON CONFLICT (org_nr) DO UPDATE SET only_youth = excluded.only_youth;

ANALYZE analytics.consultation_row, analytics.appointment_row, analytics.touched_unit_month;
