-- Rows for analysts: no birth date can be made of them. Ages count from the Monday of the ISO week
-- of birth, so that seven days remain possible.

CREATE TABLE analytics.place (
    place_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_nr text NOT NULL,
    municipality_code text,
    district_code text,
    current_municipality_code text,
    current_municipality_name text,
    current_county_code text,
    current_county_name text,
    current_district_code text,
    current_found_by text,
    UNIQUE NULLS NOT DISTINCT (org_nr, municipality_code, district_code)
);
COMMENT ON TABLE analytics.place IS
    'Each unit with the municipality and district that its rows name, and what these are today. A '
    'reform changes this table alone.';

-- As content.consultation_place, by place: a certain successor, else the district, else the one
-- candidate that the unit itself has reported.
CREATE VIEW analytics.place_today AS
WITH unit AS (
    SELECT u.org_nr, u.municipality_code, min(c.municipality_code) AS code
    FROM (SELECT DISTINCT org_nr, municipality_code FROM analytics.place) u
    JOIN reference.municipality_current m
        ON m.code = u.municipality_code AND m.found_by = 'undecided'
    JOIN (SELECT DISTINCT org_nr, municipality_code FROM analytics.place) c
        ON c.org_nr = u.org_nr AND c.municipality_code = m.current_code
    GROUP BY 1, 2
    HAVING count(DISTINCT c.municipality_code) = 1
)
SELECT p.place_id, found.code, today.name, today.county_code, today.county_name,
    d.current_code AS district_code,
    CASE
        WHEN sure.current_code IS NOT NULL THEN sure.found_by
        WHEN d.current_municipality_code IS NOT NULL THEN 'district'
        WHEN unit.code IS NOT NULL THEN 'unit'
        WHEN EXISTS (SELECT FROM reference.municipality_current m
            WHERE m.code = p.municipality_code) THEN 'undecided'
        ELSE 'unknown'
    END AS found_by
FROM analytics.place p
LEFT JOIN reference.municipality_current sure
    ON sure.code = p.municipality_code AND sure.found_by <> 'undecided'
LEFT JOIN reference.district d ON d.code = p.district_code
LEFT JOIN unit ON unit.org_nr = p.org_nr AND unit.municipality_code = p.municipality_code
CROSS JOIN LATERAL (
    SELECT coalesce(sure.current_code, d.current_municipality_code, unit.code) AS code
) found
LEFT JOIN reference.municipality today ON today.code = found.code;

CREATE TABLE analytics.consultation_row (
    consultation_key uuid PRIMARY KEY,
    person_key uuid,
    group_key uuid,
    id_kind text,
    birth_week date,
    sex text,
    org_nr text NOT NULL,
    system text NOT NULL,
    service text,
    date date,
    month date,
    place_id integer NOT NULL,
    municipality_valid boolean,
    consultation_type text,
    contact_form text,
    attendance text,
    programme_step_reported text,
    programme_step text,
    programme_step_found_by text,
    timeliness text,
    grade integer,
    duration_minutes integer,
    session_key uuid,
    group_size integer,
    practitioner_roles text[],
    minutes double precision,
    age_days integer,
    age_months integer,
    weight_g integer,
    weight_reason_not_measured text,
    length_mm integer,
    length_position text,
    length_reason_not_measured text,
    head_circumference_mm integer,
    head_circumference_reason_not_measured text,
    weight_z double precision,
    weight_z_reference text,
    weight_z_flag boolean,
    length_z double precision,
    length_z_reference text,
    length_z_flag boolean,
    bmi_z double precision,
    bmi_z_reference text,
    bmi_z_flag boolean,
    head_circumference_z double precision,
    head_circumference_z_reference text,
    head_circumference_z_flag boolean,
    breastfeeding text,
    breastfeeding_status text
);
CREATE INDEX consultation_row_group ON analytics.consultation_row (group_key, date);
CREATE INDEX consultation_row_person ON analytics.consultation_row (person_key);
CREATE INDEX consultation_row_unit ON analytics.consultation_row (org_nr, month);
CREATE INDEX consultation_row_place ON analytics.consultation_row (place_id);
COMMENT ON TABLE analytics.consultation_row IS
    'Live consultations as analysts may see them. age_days counts from the Monday of the week of '
    'birth; minutes = duration x roles / group size.';

CREATE TABLE analytics.appointment_row (
    appointment_key uuid PRIMARY KEY,
    person_key uuid,
    group_key uuid,
    id_kind text,
    birth_week date,
    sex text,
    org_nr text NOT NULL,
    system text NOT NULL,
    date date,
    month date,
    place_id integer NOT NULL,
    consultation_type text,
    attendance text
);
CREATE INDEX appointment_row_group ON analytics.appointment_row (group_key);
CREATE INDEX appointment_row_person ON analytics.appointment_row (person_key);
CREATE INDEX appointment_row_unit ON analytics.appointment_row (org_nr, month);
CREATE INDEX appointment_row_place ON analytics.appointment_row (place_id);

CREATE TABLE analytics.unit (org_nr text PRIMARY KEY, only_youth boolean NOT NULL);
COMMENT ON TABLE analytics.unit IS
    'Units that have reported. only_youth: every consultation is of a health station for youth.';

-- What a refresh computes outside the database: z-scores and the step, with the receiver's own code.
CREATE UNLOGGED TABLE analytics.derived_consultation (
    consultation_key uuid NOT NULL,
    programme_step text,
    programme_step_found_by text,
    weight_z double precision,
    weight_z_flag boolean,
    weight_z_reference text,
    length_z double precision,
    length_z_flag boolean,
    length_z_reference text,
    bmi_z double precision,
    bmi_z_flag boolean,
    bmi_z_reference text,
    head_circumference_z double precision,
    head_circumference_z_flag boolean,
    head_circumference_z_reference text
);

CREATE VIEW analytics.underived_consultation AS
SELECT c.consultation_key, c.service, c.consultation_type, c.contact_form, c.attendance, c.grade,
    c.sex, c.date - date '1970-01-01' AS day, p.birth_week - date '1970-01-01' AS birth_week,
    c.weight_g, c.length_mm, c.length_position, c.head_circumference_mm,
    c.programme_step_reported,
    'programme_step' = ANY (coalesce(c.set_aside, '{}')) AS step_set_aside
FROM analytics.touched_consultation t
JOIN content.consultation c USING (consultation_key)
LEFT JOIN analytics.person_group g ON g.person_key = c.person_key
LEFT JOIN analytics.person p ON p.group_key = g.group_key
WHERE c.status = 'live';
COMMENT ON VIEW analytics.underived_consultation IS
    'What z-scores and steps of touched consultations are computed of; days since 1970.';

-- Whether a visit was early, on time or late. A limit in days counts from the Thursday, the middle
-- of the week of birth: as many children are counted a few days too early as too late.
CREATE FUNCTION analytics.timeliness(step text, day date, birth_week date, reported_grade integer)
    RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p.grade IS NULL AND day - birth_week - 3 < p.on_time_from_days THEN 'early'
        WHEN p.grade IS NULL AND day - birth_week - 3 > p.on_time_to_days THEN 'late'
        WHEN p.grade IS NULL AND birth_week IS NOT NULL THEN 'on_time'
        WHEN reached.grade < p.grade THEN 'early'
        WHEN reached.grade > p.grade THEN 'late'
        WHEN reached.grade = p.grade THEN 'on_time'
    END
    FROM reference.programme_step p
    CROSS JOIN LATERAL (
        SELECT coalesce(
            reported_grade,
            (extract(year FROM day) - (extract(month FROM day) < 8)::int
                - extract(year FROM birth_week + 3) - 5)::int
        ) AS grade
    ) reached
    WHERE p.code = step AND p.valid_from <= day AND (p.valid_to IS NULL OR day < p.valid_to)
$$;

CREATE VIEW analytics.new_consultation_row AS
SELECT c.consultation_key, c.person_key, g.group_key, g.id_kind, p.birth_week, c.sex, c.org_nr,
    c.system, c.service, c.date, analytics.month_of(c.date) AS month, place.place_id,
    c.municipality_valid, c.consultation_type, c.contact_form, c.attendance,
    c.programme_step_reported, d.programme_step, d.programme_step_found_by,
    CASE WHEN c.attendance = 'MOTT' THEN
        analytics.timeliness(d.programme_step, c.date, p.birth_week, c.grade)
    END AS timeliness,
    c.grade, c.duration_minutes, c.group_key AS session_key, c.group_size, c.practitioner_roles,
    CASE WHEN c.attendance = 'MOTT' THEN
        c.duration_minutes::double precision * greatest(cardinality(c.practitioner_roles), 1)
            / greatest(c.group_size, 1)
    END AS minutes,
    CASE WHEN c.date >= p.birth_week THEN c.date - p.birth_week END AS age_days,
    CASE WHEN c.date >= p.birth_week THEN
        analytics.completed_months(c.date, p.birth_week)
    END AS age_months,
    c.weight_g, c.weight_reason_not_measured, c.length_mm, c.length_position,
    c.length_reason_not_measured, c.head_circumference_mm,
    c.head_circumference_reason_not_measured, d.weight_z, d.weight_z_reference, d.weight_z_flag,
    d.length_z, d.length_z_reference, d.length_z_flag, d.bmi_z, d.bmi_z_reference, d.bmi_z_flag,
    d.head_circumference_z, d.head_circumference_z_reference, d.head_circumference_z_flag,
    c.breastfeeding, c.breastfeeding_status
FROM analytics.derived_consultation d
JOIN content.consultation c USING (consultation_key)
JOIN analytics.place ON place.org_nr = c.org_nr
    AND place.municipality_code IS NOT DISTINCT FROM c.municipality_code
    AND place.district_code IS NOT DISTINCT FROM c.district_code
LEFT JOIN analytics.person_group g ON g.person_key = c.person_key
LEFT JOIN analytics.person p ON p.group_key = g.group_key;

CREATE VIEW analytics.new_appointment_row AS
SELECT a.appointment_key, a.person_key, g.group_key, g.id_kind, p.birth_week, a.sex, a.org_nr,
    a.system, a.date, analytics.month_of(a.date) AS month, place.place_id, a.consultation_type,
    a.attendance
FROM analytics.touched_appointment t
JOIN content.appointment a USING (appointment_key)
JOIN analytics.place ON place.org_nr = a.org_nr
    AND place.municipality_code IS NOT DISTINCT FROM a.municipality_code
    AND place.district_code IS NULL
LEFT JOIN analytics.person_group g ON g.person_key = a.person_key
LEFT JOIN analytics.person p ON p.group_key = g.group_key
WHERE a.status = 'live';

-- A visit in the week of birth would show that the child was born by then: it is shown on the
-- Sunday of that week.
CREATE VIEW analytics.consultation WITH (security_barrier) AS
SELECT r.consultation_key, r.group_key, r.id_kind, r.org_nr, r.system, r.service,
    shown.date, analytics.month_of(shown.date) AS month,
    place.municipality_code, r.municipality_valid, place.district_code,
    place.current_municipality_code, place.current_municipality_name, place.current_county_code,
    place.current_county_name, place.current_district_code, place.current_found_by,
    r.consultation_type, r.contact_form, r.attendance, r.programme_step_reported,
    r.programme_step, r.programme_step_found_by, r.timeliness, r.grade, r.duration_minutes,
    r.session_key, r.group_size, r.practitioner_roles, r.minutes, r.birth_week, r.sex,
    CASE WHEN r.age_months < 12 THEN r.age_days / 7 END AS age_weeks, r.age_months,
    r.weight_g, r.weight_reason_not_measured, r.length_mm, r.length_position,
    r.length_reason_not_measured, r.head_circumference_mm,
    r.head_circumference_reason_not_measured, r.weight_z, r.weight_z_reference, r.weight_z_flag,
    r.length_z, r.length_z_reference, r.length_z_flag, r.bmi_z, r.bmi_z_reference, r.bmi_z_flag,
    r.head_circumference_z, r.head_circumference_z_reference, r.head_circumference_z_flag,
    r.breastfeeding, r.breastfeeding_status
FROM analytics.consultation_row r
JOIN analytics.place USING (place_id)
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.date BETWEEN r.birth_week AND r.birth_week + 6 THEN r.birth_week + 6
        ELSE r.date END AS date
) shown
WHERE r.service IS DISTINCT FROM 'HFU';

CREATE VIEW analytics.appointment WITH (security_barrier) AS
SELECT r.appointment_key, r.group_key, r.id_kind, r.org_nr, r.system, shown.date,
    analytics.month_of(shown.date) AS month, place.municipality_code,
    place.current_municipality_code, place.current_municipality_name, place.current_county_code,
    place.current_county_name, place.current_found_by, r.consultation_type, r.attendance,
    r.birth_week, r.sex,
    CASE WHEN r.date >= r.birth_week AND analytics.completed_months(r.date, r.birth_week) < 12
        THEN (r.date - r.birth_week) / 7 END AS age_weeks,
    CASE WHEN r.date >= r.birth_week THEN analytics.completed_months(r.date, r.birth_week)
        END AS age_months
FROM analytics.appointment_row r
JOIN analytics.place USING (place_id)
JOIN analytics.unit ON unit.org_nr = r.org_nr AND NOT unit.only_youth
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.date BETWEEN r.birth_week AND r.birth_week + 6 THEN r.birth_week + 6
        ELSE r.date END AS date
) shown;

COMMENT ON VIEW analytics.consultation IS
    'Live consultations, without the health stations for youth (HFU). Ages and z-scores count from '
    'the Monday of the ISO week of birth.';
COMMENT ON COLUMN analytics.consultation.consultation_key IS 'Pseudonym of the consultation.';
COMMENT ON COLUMN analytics.consultation.group_key IS
    'The person over time, units and numbers: one key for each group of linked person keys. Null '
    'where the sender knew no id.';
COMMENT ON COLUMN analytics.consultation.id_kind IS
    'Kind of the number that names the person here: fnr, dnr, fh, duf, local.';
COMMENT ON COLUMN analytics.consultation.date IS
    'Day of the visit. A visit in the week of birth is shown on the Sunday of that week.';
COMMENT ON COLUMN analytics.consultation.month IS 'First day of the month of date.';
COMMENT ON COLUMN analytics.consultation.municipality_code IS 'Municipality as it was.';
COMMENT ON COLUMN analytics.consultation.municipality_valid IS
    'Whether the code was valid on the day.';
COMMENT ON COLUMN analytics.consultation.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.consultation.current_found_by IS
    'code, change, border, district, unit, undecided or unknown: how today''s place was found.';
COMMENT ON COLUMN analytics.consultation.programme_step_found_by IS
    'reported; or a candidate by age, grade or school_year.';
COMMENT ON COLUMN analytics.consultation.timeliness IS
    'early, on_time or late; days count from the middle of the week of birth.';
COMMENT ON COLUMN analytics.consultation.session_key IS
    'The same for everybody at one group consultation.';
COMMENT ON COLUMN analytics.consultation.minutes IS
    'Working time: duration x number of roles / group size. Null without a duration.';
COMMENT ON COLUMN analytics.consultation.birth_week IS 'Monday of the ISO week of birth.';
COMMENT ON COLUMN analytics.consultation.age_weeks IS
    'Completed weeks since birth_week, in the first year.';
COMMENT ON COLUMN analytics.consultation.age_months IS 'Completed months since birth_week.';
COMMENT ON COLUMN analytics.consultation.weight_z IS
    'WHO z-score at the age counted from birth_week; two decimals.';
COMMENT ON COLUMN analytics.consultation.weight_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility.';
COMMENT ON VIEW analytics.appointment IS
    'Live appointments, without those of units that are health stations for youth alone.';
