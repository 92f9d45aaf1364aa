-- Rows for analysts lose what their person has reserved, and persons who are erased leave. A row that
-- was stored before the reservation still has the values in content.consultation, as the topic has.

-- Kinds of data that a group has reserved on a day; an unknown day counts as reserved.
CREATE FUNCTION analytics.reserved_kinds(of_group uuid, on_day date) RETURNS text[]
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT e.kind), '{}')
    FROM analytics.excluded_group e
    WHERE e.group_key = of_group AND (on_day IS NULL
        OR (on_day >= e.from_date AND (e.until_date IS NULL OR on_day < e.until_date)))
$$;
REVOKE EXECUTE ON FUNCTION analytics.reserved_kinds(uuid, date) FROM PUBLIC;
COMMENT ON FUNCTION analytics.reserved_kinds(uuid, date) IS
    'Kinds of data that a group of linked keys has reserved on a day.';
COMMENT ON COLUMN analytics.excluded_person.kind IS
    'weight, growth, breastfeeding, head_circumference; erased: everything.';

-- As content.consultation, without what is reserved.
CREATE VIEW analytics.held_consultation AS
SELECT c.consultation_key, c.status, c.org_nr, c.system, c.sequence, c.person_key, g.group_key,
    g.id_kind, c.service, c.date, c.consultation_type, c.contact_form, c.attendance,
    c.programme_step_reported, c.grade, c.duration_minutes, c.group_key AS session_key,
    c.group_size, c.practitioner_roles, c.municipality_code, c.municipality_valid,
    c.district_code, c.sex, c.set_aside, c.maternity_discharge_date,
    CASE WHEN NOT k.weight THEN c.weight_g END AS weight_g,
    CASE WHEN NOT k.weight THEN c.weight_reason_not_measured END AS weight_reason_not_measured,
    CASE WHEN NOT k.growth THEN c.length_mm END AS length_mm,
    CASE WHEN NOT k.growth THEN c.length_position END AS length_position,
    CASE WHEN NOT k.growth THEN c.length_reason_not_measured END AS length_reason_not_measured,
    CASE WHEN NOT k.head THEN c.head_circumference_mm END AS head_circumference_mm,
    CASE WHEN NOT k.head THEN c.head_circumference_reason_not_measured END
        AS head_circumference_reason_not_measured,
    CASE WHEN NOT k.breastfeeding THEN c.breastfeeding END AS breastfeeding,
    CASE WHEN NOT k.breastfeeding THEN c.breastfeeding_status END AS breastfeeding_status
FROM content.consultation c
LEFT JOIN analytics.person_group g ON g.person_key = c.person_key
CROSS JOIN LATERAL (
    SELECT 'weight' = ANY (found.kinds) AS weight, 'growth' = ANY (found.kinds) AS growth,
        'head_circumference' = ANY (found.kinds) AS head,
        'breastfeeding' = ANY (found.kinds) AS breastfeeding,
        'erased' = ANY (found.kinds) AS erased
    FROM (SELECT analytics.reserved_kinds(g.group_key, c.date) AS kinds) found
) k
WHERE c.status = 'live' AND NOT k.erased;
COMMENT ON VIEW analytics.held_consultation IS
    'Live consultations without what their person has reserved, and without erased persons.';

CREATE OR REPLACE VIEW analytics.underived_consultation AS
SELECT c.consultation_key, c.service, c.consultation_type, c.contact_form, c.attendance, c.grade,
    c.sex, c.date - date '1970-01-01' AS day, p.birth_week - date '1970-01-01' AS birth_week,
    c.weight_g, c.length_mm, c.length_position, c.head_circumference_mm,
    c.programme_step_reported,
    'programme_step' = ANY (coalesce(c.set_aside, '{}')) AS step_set_aside
FROM analytics.touched_consultation t
JOIN analytics.held_consultation c USING (consultation_key)
LEFT JOIN analytics.person p ON p.group_key = c.group_key;

CREATE OR REPLACE VIEW analytics.new_consultation_row AS
SELECT c.consultation_key, c.person_key, c.group_key, c.id_kind, p.birth_week, c.sex, c.org_nr,
    c.system, c.service, c.date, analytics.month_of(c.date) AS month, place.place_id,
    c.municipality_valid, c.consultation_type, c.contact_form, c.attendance,
    c.programme_step_reported, d.programme_step, d.programme_step_found_by,
    CASE WHEN c.attendance = 'MOTT' THEN
        analytics.timeliness(d.programme_step, c.date, p.birth_week, c.grade)
    END AS timeliness,
    c.grade, c.duration_minutes, c.session_key, c.group_size, c.practitioner_roles,
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
JOIN analytics.held_consultation c USING (consultation_key)
JOIN analytics.place ON place.org_nr = c.org_nr
    AND place.municipality_code IS NOT DISTINCT FROM c.municipality_code
    AND place.district_code IS NOT DISTINCT FROM c.district_code
LEFT JOIN analytics.person p ON p.group_key = c.group_key;

CREATE OR REPLACE VIEW analytics.new_appointment_row AS
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
WHERE a.status = 'live'
    AND NOT 'erased' = ANY (analytics.reserved_kinds(g.group_key, a.date));
