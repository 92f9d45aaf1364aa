-- Most rows are of persons who have reserved nothing. A hash of the groups that have decides for each
-- row whether the days must be looked at.
CREATE OR REPLACE VIEW analytics.held_consultation AS
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
    FROM (
        SELECT CASE WHEN g.group_key IN (SELECT e.group_key FROM analytics.excluded_group e)
            THEN analytics.reserved_kinds(g.group_key, c.date) ELSE '{}' END AS kinds
    ) found
) k
WHERE c.status = 'live' AND NOT k.erased;
COMMENT ON VIEW analytics.held_consultation IS
    'Live consultations without what their person has reserved, and without erased persons.';
