-- Take out of all freezes what privacy takes out of the register: rows of erased items and persons, and
-- what persons have reserved. What a freeze has lost is counted.

-- Rights of the person keys of this refresh, over their links as they are now. A person without a live
-- row may be in no group.
CREATE TEMP TABLE touched_right ON COMMIT DROP AS
SELECT person_key, kind, from_date, until_date FROM analytics.excluded_person
JOIN analytics.touched_key USING (person_key)
UNION
SELECT g.person_key, e.kind, e.from_date, e.until_date
FROM analytics.touched_key
JOIN analytics.person_group g USING (person_key)
JOIN analytics.excluded_group e USING (group_key);
ANALYZE touched_right;

WITH gone AS (
    SELECT k.consultation_key, k.made
    FROM analytics.touched_consultation JOIN analytics.kept_consultation k USING (consultation_key)
    WHERE NOT EXISTS (
        SELECT FROM content.consultation_version v
        WHERE v.consultation_key = k.consultation_key AND v.status = 'live'
    )
    UNION
    SELECT k.consultation_key, k.made
    FROM touched_right r JOIN analytics.kept_consultation k USING (person_key)
    WHERE r.kind = 'erased'
), erased AS (
    DELETE FROM analytics.kept_consultation k USING gone g
    WHERE k.consultation_key = g.consultation_key AND k.made = g.made
    RETURNING k.made, k.replaced, k.service
)
UPDATE analytics.freeze_entry f SET consultations_erased = f.consultations_erased + n.rows
FROM (
    SELECT f.freeze_id, count(*) AS rows
    FROM analytics.freeze_entry f JOIN erased e ON e.made < f.instant AND f.instant < e.replaced
    WHERE e.service IS DISTINCT FROM 'HFU'
    GROUP BY f.freeze_id
) n
WHERE n.freeze_id = f.freeze_id;

WITH gone AS (
    SELECT k.appointment_key, k.made
    FROM analytics.touched_appointment JOIN analytics.kept_appointment k USING (appointment_key)
    WHERE NOT EXISTS (
        SELECT FROM content.appointment_version v
        WHERE v.appointment_key = k.appointment_key AND v.status = 'live'
    )
    UNION
    SELECT k.appointment_key, k.made
    FROM touched_right r JOIN analytics.kept_appointment k USING (person_key)
    WHERE r.kind = 'erased'
), erased AS (
    DELETE FROM analytics.kept_appointment k USING gone g
    WHERE k.appointment_key = g.appointment_key AND k.made = g.made
    RETURNING k.made, k.replaced, k.org_nr
)
UPDATE analytics.freeze_entry f SET appointments_erased = f.appointments_erased + n.rows
FROM (
    SELECT f.freeze_id, count(*) AS rows
    FROM analytics.freeze_entry f JOIN erased e ON e.made < f.instant AND f.instant < e.replaced
    WHERE NOT EXISTS (
        SELECT FROM analytics.frozen_youth_unit y
        WHERE y.freeze_id = f.freeze_id AND y.org_nr = e.org_nr
    )
    GROUP BY f.freeze_id
) n
WHERE n.freeze_id = f.freeze_id;

-- The columns of each kind are those of kpr_stream/rights/kinds.py.
UPDATE analytics.kept_consultation k SET
    withdrawn = true,
    weight_g = CASE WHEN NOT r.weight THEN k.weight_g END,
    weight_reason_not_measured = CASE WHEN NOT r.weight THEN k.weight_reason_not_measured END,
    weight_z = CASE WHEN NOT r.weight THEN k.weight_z END,
    weight_z_reference = CASE WHEN NOT r.weight THEN k.weight_z_reference END,
    weight_z_flag = CASE WHEN NOT r.weight THEN k.weight_z_flag END,
    length_mm = CASE WHEN NOT r.growth THEN k.length_mm END,
    length_position = CASE WHEN NOT r.growth THEN k.length_position END,
    length_reason_not_measured = CASE WHEN NOT r.growth THEN k.length_reason_not_measured END,
    length_z = CASE WHEN NOT r.growth THEN k.length_z END,
    length_z_reference = CASE WHEN NOT r.growth THEN k.length_z_reference END,
    length_z_flag = CASE WHEN NOT r.growth THEN k.length_z_flag END,
    bmi_z = CASE WHEN NOT r.bmi THEN k.bmi_z END,
    bmi_z_reference = CASE WHEN NOT r.bmi THEN k.bmi_z_reference END,
    bmi_z_flag = CASE WHEN NOT r.bmi THEN k.bmi_z_flag END,
    head_circumference_mm = CASE WHEN NOT r.head THEN k.head_circumference_mm END,
    head_circumference_reason_not_measured =
        CASE WHEN NOT r.head THEN k.head_circumference_reason_not_measured END,
    head_circumference_z = CASE WHEN NOT r.head THEN k.head_circumference_z END,
    head_circumference_z_reference = CASE WHEN NOT r.head THEN k.head_circumference_z_reference END,
    head_circumference_z_flag = CASE WHEN NOT r.head THEN k.head_circumference_z_flag END,
    breastfeeding = CASE WHEN NOT r.breastfeeding THEN k.breastfeeding END,
    breastfeeding_status = CASE WHEN NOT r.breastfeeding THEN k.breastfeeding_status END
FROM (
    SELECT o.consultation_key, o.made, bool_or(e.kind = 'weight') AS weight,
        bool_or(e.kind = 'growth') AS growth, bool_or(e.kind IN ('weight', 'growth')) AS bmi,
        bool_or(e.kind = 'head_circumference') AS head,
        bool_or(e.kind = 'breastfeeding') AS breastfeeding
    FROM analytics.kept_consultation o
    JOIN touched_right e USING (person_key)
    WHERE o.date IS NULL
        OR (o.date >= e.from_date AND (e.until_date IS NULL OR o.date < e.until_date))
    GROUP BY 1, 2
) r
WHERE (k.consultation_key, k.made) = (r.consultation_key, r.made) AND (
    (r.weight AND (k.weight_g, k.weight_reason_not_measured) IS DISTINCT FROM (NULL, NULL))
    OR (r.growth AND (k.length_mm, k.length_reason_not_measured) IS DISTINCT FROM (NULL, NULL))
    OR (r.head AND (k.head_circumference_mm, k.head_circumference_reason_not_measured)
        IS DISTINCT FROM (NULL, NULL))
    OR (r.breastfeeding
        AND (k.breastfeeding, k.breastfeeding_status) IS DISTINCT FROM (NULL, NULL))
);
