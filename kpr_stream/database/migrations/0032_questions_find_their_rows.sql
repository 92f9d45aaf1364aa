-- Indexes for the questions of the report and of the analysts' pages, at millions of rows
-- (bench/queries). Each is on a table of deliveries or counts, or a few pages long: the sink pays
-- nothing for them at each consultation.

-- The last delivery of a unit that names a district; most units name none.
CREATE INDEX delivery_district ON content.delivery (org_nr, system, received_at)
    WHERE district_code IS NOT NULL;
-- What was wrong in the last weeks, of all units.
CREATE INDEX delivery_finding_received ON content.delivery_finding (received_at);

CREATE INDEX measuring_cell_month ON analytics.measuring_cell (measure, month);

-- Versions arrive in the order of their days, but for a unit's history: one entry for 32 pages finds a
-- month. An index of every row would cost the sink more than the question saves.
CREATE INDEX consultation_version_date ON content.consultation_version
    USING brin (date) WITH (pages_per_range = 32);
CREATE INDEX appointment_version_date ON content.appointment_version
    USING brin (date) WITH (pages_per_range = 32);

-- As before, with the next version found by the primary key. A window function reads and sorts every
-- version before a condition on the day is seen.
CREATE OR REPLACE VIEW content.consultation_history WITH (security_barrier) AS SELECT
    v.consultation_key, v.org_nr, v.system, v.extracted_at, v.sequence, v.received_at, v.person_key,
    v.service, v.date, v.time_precision, v.consultation_type, v.contact_form, v.attendance,
    v.programme_step_reported, v.programme_step, v.programme_step_found_by, v.grade,
    v.duration_minutes, v.group_key, v.group_size, v.practitioner_roles, v.municipality_code,
    v.municipality_valid, v.district_code, v.age_days, v.sex, v.weight_g,
    v.weight_reason_not_measured, v.length_mm, v.length_position, v.length_reason_not_measured,
    v.head_circumference_mm, v.head_circumference_reason_not_measured, v.breastfeeding,
    v.maternity_discharge_date, v.warnings, v.set_aside, v.rule_set_version, v.reference_version,
    v.age_months, v.weight_z, v.weight_z_reference, v.weight_z_flag, v.length_z,
    v.length_z_reference, v.length_z_flag, v.bmi_z, v.bmi_z_reference, v.bmi_z_flag,
    v.head_circumference_z, v.head_circumference_z_reference, v.head_circumference_z_flag,
    v.breastfeeding_status, v.status, v.revision, v.extracted_at AS valid_from,
    (SELECT n.extracted_at FROM content.consultation_version n
        WHERE n.consultation_key = v.consultation_key
            AND (n.extracted_at, n.sequence, n.revision) > (v.extracted_at, v.sequence, v.revision)
        ORDER BY n.extracted_at, n.sequence, n.revision LIMIT 1) AS valid_to,
    v.recorded_at,
    (SELECT min(n.recorded_at) FROM content.consultation_version n
        WHERE n.consultation_key = v.consultation_key
            AND (n.extracted_at, n.sequence, n.revision) > (v.extracted_at, v.sequence, v.revision)
        ) AS replaced_at
FROM content.consultation_version v;

CREATE OR REPLACE VIEW content.appointment_history WITH (security_barrier) AS SELECT
    v.appointment_key, v.org_nr, v.system, v.extracted_at, v.sequence, v.received_at, v.person_key,
    v.date, v.consultation_type, v.attendance, v.municipality_code, v.age_days, v.sex, v.warnings,
    v.set_aside, v.rule_set_version, v.reference_version, v.status, v.revision,
    v.extracted_at AS valid_from,
    (SELECT n.extracted_at FROM content.appointment_version n
        WHERE n.appointment_key = v.appointment_key
            AND (n.extracted_at, n.sequence, n.revision) > (v.extracted_at, v.sequence, v.revision)
        ORDER BY n.extracted_at, n.sequence, n.revision LIMIT 1) AS valid_to,
    v.recorded_at,
    (SELECT min(n.recorded_at) FROM content.appointment_version n
        WHERE n.appointment_key = v.appointment_key
            AND (n.extracted_at, n.sequence, n.revision) > (v.extracted_at, v.sequence, v.revision)
        ) AS replaced_at
FROM content.appointment_version v;
