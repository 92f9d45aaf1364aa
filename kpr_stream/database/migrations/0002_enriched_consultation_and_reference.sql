-- What enrichment adds to a consultation, and the reference tables that analysts join with.
-- What depends on today (current municipality, on time or late) is a view, never a stored value.

ALTER TABLE content.consultation
    ADD COLUMN age_months integer,
    ADD COLUMN weight_z double precision,
    ADD COLUMN weight_z_reference text,
    ADD COLUMN weight_z_flag boolean,
    ADD COLUMN length_z double precision,
    ADD COLUMN length_z_reference text,
    ADD COLUMN length_z_flag boolean,
    ADD COLUMN bmi_z double precision,
    ADD COLUMN bmi_z_reference text,
    ADD COLUMN bmi_z_flag boolean,
    ADD COLUMN head_circumference_z double precision,
    ADD COLUMN head_circumference_z_reference text,
    ADD COLUMN head_circumference_z_flag boolean,
    ADD COLUMN breastfeeding_status text;

CREATE OR REPLACE VIEW content.live_consultation AS SELECT
    consultation_key, org_nr, system, extracted_at, sequence, received_at, person_key, service,
    date, time_precision, consultation_type, contact_form, attendance, programme_step_reported,
    programme_step, programme_step_found_by, grade, duration_minutes, group_key, group_size,
    practitioner_roles, municipality_code, municipality_valid, district_code, age_days, sex,
    weight_g, weight_reason_not_measured, length_mm, length_position,
    length_reason_not_measured, head_circumference_mm, head_circumference_reason_not_measured,
    breastfeeding, maternity_discharge_date, warnings, set_aside, rule_set_version,
    reference_version,
    age_months, weight_z, weight_z_reference, weight_z_flag, length_z, length_z_reference,
    length_z_flag, bmi_z, bmi_z_reference, bmi_z_flag, head_circumference_z,
    head_circumference_z_reference, head_circumference_z_flag, breastfeeding_status
FROM content.consultation WHERE status = 'live';

-- Filled by `kpr-stream reference load` in one transaction; the columns are those of
-- kpr_stream/analytics/reference_rows.py, a test compares.
CREATE SCHEMA reference;

CREATE TABLE reference.version (
    version text NOT NULL,
    valid_from date NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (version)
);
COMMENT ON TABLE reference.version IS 'The one reference version that these tables hold.';

CREATE TABLE reference.municipality (
    code text NOT NULL,
    name text NOT NULL,
    county_code text NOT NULL,
    county_name text NOT NULL,
    valid_from date,
    valid_to date,
    kind text NOT NULL,
    PRIMARY KEY (code)
);
COMMENT ON TABLE reference.municipality IS
    'Every municipality code there was (kind municipality; valid_to exclusive, null: still valid), '
    'areas outside the municipalities such as Svalbard (area), and «unknown» (unknown).';

CREATE TABLE reference.municipality_change (
    old_code text NOT NULL,
    new_code text NOT NULL,
    change_date date NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (old_code, new_code, change_date)
);

CREATE TABLE reference.municipality_current (
    code text NOT NULL,
    current_code text NOT NULL,
    found_by text NOT NULL,
    PRIMARY KEY (code, current_code)
);
COMMENT ON TABLE reference.municipality_current IS
    'What a code has become: one row where that is certain (found_by code, change or border), one '
    'a candidate where it is not (undecided).';

CREATE TABLE reference.district (
    code text NOT NULL,
    name text NOT NULL,
    municipality_code text NOT NULL,
    valid_from date,
    valid_to date,
    unknown boolean NOT NULL,
    current_code text,
    current_municipality_code text,
    PRIMARY KEY (code)
);

CREATE TABLE reference.programme_step (
    code text NOT NULL,
    name_no text NOT NULL,
    name_en text NOT NULL,
    target_age_days integer,
    window_from_days integer,
    window_to_days integer,
    on_time_from_days integer,
    on_time_to_days integer,
    weight_expected boolean NOT NULL,
    length_expected boolean NOT NULL,
    head_circumference_expected boolean NOT NULL,
    breastfeeding_expected boolean NOT NULL,
    home_visit_expected boolean NOT NULL,
    in_14_programme boolean NOT NULL,
    grade integer,
    measurement_group text,
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (code, valid_from)
);

CREATE TABLE reference.code (
    list text NOT NULL,
    code text NOT NULL,
    name_no text NOT NULL,
    name_en text NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (list, code)
);

CREATE TABLE reference.resident (
    municipality_code text NOT NULL,
    year integer NOT NULL,
    age integer NOT NULL,
    sex text NOT NULL,
    residents integer NOT NULL,
    PRIMARY KEY (municipality_code, year, age, sex)
);
COMMENT ON TABLE reference.resident IS
    'Residents of 0-19 years on 1 January, borders of 2024 (SSB 07459): denominators.';

-- Where a code was divided, the unit may say which part: if all that it reported with a code that
-- is among the candidates names the same one, it is that.
CREATE VIEW content.unit_municipality AS
SELECT u.org_nr, u.code, min(c.municipality_code) AS current_code
FROM (
    SELECT DISTINCT l.org_nr, l.municipality_code AS code
    FROM content.live_consultation l
    WHERE l.municipality_code IN
        (SELECT code FROM reference.municipality_current WHERE found_by = 'undecided')
) u
JOIN reference.municipality_current m ON m.code = u.code
JOIN content.live_consultation c
    ON c.org_nr = u.org_nr AND c.municipality_code = m.current_code
GROUP BY u.org_nr, u.code
HAVING count(DISTINCT c.municipality_code) = 1;
COMMENT ON VIEW content.unit_municipality IS
    'For codes that were divided: the current municipality that the unit itself reported later.';

CREATE VIEW content.consultation_place AS
SELECT l.consultation_key,
    l.municipality_code,
    found.code AS current_municipality_code,
    place.name AS current_municipality_name,
    place.county_code AS current_county_code,
    place.county_name AS current_county_name,
    d.current_code AS current_district_code,
    CASE
        WHEN sure.current_code IS NOT NULL THEN sure.found_by
        WHEN d.current_municipality_code IS NOT NULL THEN 'district'
        WHEN unit.current_code IS NOT NULL THEN 'unit'
        WHEN l.municipality_code IN (SELECT code FROM reference.municipality_current)
            THEN 'undecided'
        ELSE 'unknown'
    END AS current_found_by
FROM content.live_consultation l
LEFT JOIN reference.municipality_current sure
    ON sure.code = l.municipality_code AND sure.found_by <> 'undecided'
LEFT JOIN reference.district d ON d.code = l.district_code
LEFT JOIN content.unit_municipality unit
    ON unit.org_nr = l.org_nr AND unit.code = l.municipality_code
CROSS JOIN LATERAL (
    SELECT coalesce(sure.current_code, d.current_municipality_code, unit.current_code) AS code
) found
LEFT JOIN reference.municipality place ON place.code = found.code;
COMMENT ON VIEW content.consultation_place IS
    'The municipality, county and district of today; null and undecided where nobody can tell.';

CREATE VIEW content.consultation_step AS
SELECT l.consultation_key, l.person_key, l.date, l.programme_step, l.programme_step_found_by,
    p.name_no, p.in_14_programme,
    CASE
        WHEN p.grade IS NULL AND l.age_days < p.on_time_from_days THEN 'early'
        WHEN p.grade IS NULL AND l.age_days > p.on_time_to_days THEN 'late'
        WHEN p.grade IS NULL AND l.age_days IS NOT NULL THEN 'on_time'
        WHEN reached.grade < p.grade THEN 'early'
        WHEN reached.grade > p.grade THEN 'late'
        WHEN reached.grade = p.grade THEN 'on_time'
    END AS timeliness,
    p.weight_expected, l.weight_g IS NOT NULL AS weight_measured,
    p.length_expected, l.length_mm IS NOT NULL AS length_measured,
    p.head_circumference_expected,
    l.head_circumference_mm IS NOT NULL AS head_circumference_measured,
    p.breastfeeding_expected,
    coalesce(l.breastfeeding_status IN ('FULLT', 'DELVIS', 'IKKE'), false)
        AS breastfeeding_known
FROM content.live_consultation l
JOIN reference.programme_step p
    ON p.code = l.programme_step AND p.valid_from <= l.date
    AND (p.valid_to IS NULL OR l.date < p.valid_to)
-- The grade is that of the school year, which begins in August: a child begins in the year in
-- which it turns six.
CROSS JOIN LATERAL (
    SELECT coalesce(
        l.grade,
        (extract(year FROM l.date) - (extract(month FROM l.date) < 8)::int
            - extract(year FROM l.date - l.age_days) - 5)::int
    ) AS grade
) reached
WHERE l.attendance = 'MOTT';
COMMENT ON VIEW content.consultation_step IS
    'Consultations held that are, or may be, a step of the programme: early, on time or late, and '
    'what the programme in force on the day expected to be measured.';

CREATE VIEW content.breastfeeding_contradiction AS
SELECT consultation_key, person_key, date, age_days, less_since_age_days
FROM (
    SELECT consultation_key, person_key, date, age_days, breastfeeding_status,
        min(age_days) FILTER (WHERE breastfeeding_status IN ('DELVIS', 'IKKE'))
            OVER (PARTITION BY person_key) AS less_since_age_days
    FROM content.live_consultation
    WHERE person_key IS NOT NULL AND breastfeeding_status IN ('FULLT', 'DELVIS', 'IKKE')
) seen
WHERE breastfeeding_status = 'FULLT' AND age_days > less_since_age_days;
COMMENT ON VIEW content.breastfeeding_contradiction IS
    'Fully breastfed after another status was reported for the same child, over all units.';

REVOKE ALL ON SCHEMA reference FROM PUBLIC;
GRANT USAGE ON SCHEMA reference TO analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA reference TO analyst;
GRANT SELECT ON
    content.unit_municipality, content.consultation_place, content.consultation_step,
    content.breastfeeding_contradiction TO analyst;
