-- What steps 1 to 3 of a refresh and the computation outside the database would have made: linked
-- persons, places, and the derived columns of every row.
INSERT INTO analytics.link
SELECT least(person_key, second_key), greatest(person_key, second_key)
FROM bench.person WHERE second_key IS NOT NULL;
INSERT INTO analytics.person_group
SELECT k.key, p.person_key, k.kind, analytics.week_of(p.born), p.sex
FROM bench.person p
CROSS JOIN LATERAL (VALUES (p.person_key, 'fnr'), (p.second_key, 'dnr')) k (key, kind)
WHERE k.key IS NOT NULL;
INSERT INTO analytics.person
SELECT person_key, analytics.week_of(born), sex FROM bench.person;
INSERT INTO analytics.place (org_nr, municipality_code, district_code)
SELECT org_nr, municipality_code, district_code FROM bench.unit
UNION SELECT org_nr, municipality_code, NULL FROM bench.unit;

INSERT INTO analytics.touched_unit_month
SELECT org_nr, analytics.month_of(date) FROM content.consultation
UNION SELECT org_nr, analytics.month_of(date) FROM content.appointment;
INSERT INTO analytics.touched_quarter
SELECT DISTINCT analytics.quarter_of(date) FROM content.consultation WHERE service = 'HFU';
INSERT INTO analytics.touched_appointment SELECT appointment_key FROM content.appointment ORDER BY 1;
INSERT INTO analytics.touched_group SELECT group_key FROM analytics.person ORDER BY 1;
INSERT INTO analytics.derived_consultation (
    consultation_key, programme_step, programme_step_found_by, weight_z, weight_z_flag,
    weight_z_reference, length_z, length_z_flag, length_z_reference
)
SELECT consultation_key, programme_step, programme_step_found_by, weight_z, weight_z_flag,
    weight_z_reference, length_z, length_z_flag, length_z_reference
FROM content.consultation;
CREATE TEMP TABLE changed_exclusion (person_key uuid PRIMARY KEY);
ANALYZE analytics.link, analytics.person_group, analytics.person, analytics.place,
    analytics.touched_unit_month, analytics.touched_appointment, analytics.touched_group,
    analytics.derived_consultation;

INSERT INTO analytics.consultation_row SELECT * FROM analytics.new_consultation_row;
TRUNCATE analytics.derived_consultation;
