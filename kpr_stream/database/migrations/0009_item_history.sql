-- Every record of the two topics is kept, not only the last of its key: the topics are compacted,
-- and what a correction replaces would be lost.
--
-- Two times. Valid time: a version says what was so from its extraction on (extracted_at) until the
-- extraction of the next version. Transaction time: recorded_at is the time of the record, which is
-- when the broker received the delivery or command that caused it; never this server's clock, so that
-- a rebuild gives the same value.
--
-- What a marker leaves empty is empty in its own version. Earlier versions of a deleted or superseded
-- item keep their content: a deletion is a correction by the unit, and a count that was made before it
-- must be explainable. Versions go where the person must be forgotten: with a tombstone of the key,
-- and with the marker of an erased person (kpr_stream/sinks/history.py).
--
-- The primary key is the version as the receiver counts it. No version is written twice.

CREATE TABLE content.consultation_version (
    LIKE content.consultation,
    revision integer NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (consultation_key, extracted_at, sequence, revision)
);
CREATE TABLE content.appointment_version (
    LIKE content.appointment,
    revision integer NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (appointment_key, extracted_at, sequence, revision)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON
    content.consultation_version, content.appointment_version TO content_sink;

-- The first epoch of which the log still has every key. A key that a rebuild does not find there was
-- erased; after a log that was lost, nobody can tell, and its versions stay.
ALTER TABLE content.sink_position ADD COLUMN first_epoch integer NOT NULL DEFAULT 1;
ALTER TABLE identity.sink_position ADD COLUMN first_epoch integer NOT NULL DEFAULT 1;

CREATE VIEW content.consultation_history WITH (security_barrier) AS SELECT
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
    head_circumference_z_reference, head_circumference_z_flag, breastfeeding_status,
    status, revision, extracted_at AS valid_from,
    lead(extracted_at) OVER versions AS valid_to,
    recorded_at,
    min(recorded_at) OVER (versions ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
        AS replaced_at
FROM content.consultation_version
WINDOW versions AS (PARTITION BY consultation_key ORDER BY extracted_at, sequence, revision);

CREATE FUNCTION content.consultation_as_of(ts timestamptz)
    RETURNS SETOF content.consultation_history LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM content.consultation_history AS h
    WHERE h.status = 'live' AND h.recorded_at <= ts
        AND (h.replaced_at IS NULL OR h.replaced_at > ts);
END;
REVOKE ALL ON FUNCTION content.consultation_as_of(timestamptz) FROM PUBLIC;

CREATE VIEW content.appointment_history WITH (security_barrier) AS SELECT
    appointment_key, org_nr, system, extracted_at, sequence, received_at, person_key, date,
    consultation_type, attendance, municipality_code, age_days, sex, warnings, set_aside,
    rule_set_version, reference_version,
    status, revision, extracted_at AS valid_from,
    lead(extracted_at) OVER versions AS valid_to,
    recorded_at,
    min(recorded_at) OVER (versions ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
        AS replaced_at
FROM content.appointment_version
WINDOW versions AS (PARTITION BY appointment_key ORDER BY extracted_at, sequence, revision);

CREATE FUNCTION content.appointment_as_of(ts timestamptz)
    RETURNS SETOF content.appointment_history LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM content.appointment_history AS h
    WHERE h.status = 'live' AND h.recorded_at <= ts
        AND (h.replaced_at IS NULL OR h.replaced_at > ts);
END;
REVOKE ALL ON FUNCTION content.appointment_as_of(timestamptz) FROM PUBLIC;
