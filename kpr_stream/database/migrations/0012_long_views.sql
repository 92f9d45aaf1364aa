-- Measurements and set-aside values, one row each. Views, not tables: bench/sink_rows.py measures both
-- (docs/operate/sinks.md#speed). A stored table costs the server more for each consultation than the
-- history does, and every erasure a second delete. It answers a question about all measurements in a
-- quarter of the time; such questions belong to tables of counts, which a refresh keeps.

CREATE VIEW content.measurement WITH (security_barrier) AS
SELECT c.consultation_key, c.person_key, c.org_nr, c.system, c.date, c.age_days, c.programme_step,
    m.kind, m.value, m.unit, m.position, m.reason_not_measured, m.z, m.z_reference, m.z_flag
FROM content.consultation AS c
CROSS JOIN LATERAL (VALUES
    ('weight', c.weight_g, 'g', NULL, c.weight_reason_not_measured, c.weight_z,
        c.weight_z_reference, c.weight_z_flag),
    ('length', c.length_mm, 'mm', c.length_position, c.length_reason_not_measured, c.length_z,
        c.length_z_reference, c.length_z_flag),
    ('head_circumference', c.head_circumference_mm, 'mm', NULL,
        c.head_circumference_reason_not_measured, c.head_circumference_z,
        c.head_circumference_z_reference, c.head_circumference_z_flag)
) AS m (kind, value, unit, position, reason_not_measured, z, z_reference, z_flag)
WHERE c.status = 'live' AND (m.value IS NOT NULL OR m.reason_not_measured IS NOT NULL);

-- A record names the fields whose value was left out, not the rule: several rules may leave out one
-- field. Which rule it was is in the receipt (reporting.finding), counted without the item.
CREATE VIEW content.set_aside_value WITH (security_barrier) AS
SELECT 'consultation' AS message_type, consultation_key AS item_key, org_nr, system, date, field,
    rule_set_version
FROM content.consultation CROSS JOIN LATERAL unnest(set_aside) AS field
WHERE status = 'live'
UNION ALL
SELECT 'appointment', appointment_key, org_nr, system, date, field, rule_set_version
FROM content.appointment CROSS JOIN LATERAL unnest(set_aside) AS field
WHERE status = 'live';
