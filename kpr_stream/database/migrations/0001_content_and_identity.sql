-- The two schemas that the sinks write, each seen by its own role only.
-- The columns are those that kpr_stream/sinks/tables.py derives from avro_schemas/; a test compares.

CREATE SCHEMA content;
CREATE SCHEMA identity;

CREATE TABLE content.consultation (
    consultation_key uuid NOT NULL,
    status text NOT NULL,
    org_nr text NOT NULL,
    system text NOT NULL,
    extracted_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    received_at timestamptz NOT NULL,
    person_key uuid,
    service text,
    date date,
    time_precision text,
    consultation_type text,
    contact_form text,
    attendance text,
    programme_step_reported text,
    programme_step text,
    programme_step_found_by text,
    grade integer,
    duration_minutes integer,
    group_key uuid,
    group_size integer,
    practitioner_roles text[],
    municipality_code text,
    municipality_valid boolean,
    district_code text,
    age_days integer,
    sex text,
    weight_g integer,
    weight_reason_not_measured text,
    length_mm integer,
    length_position text,
    length_reason_not_measured text,
    head_circumference_mm integer,
    head_circumference_reason_not_measured text,
    breastfeeding text,
    maternity_discharge_date date,
    warnings text[],
    set_aside text[],
    rule_set_version text NOT NULL,
    reference_version text NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (consultation_key)
);
COMMENT ON TABLE content.consultation IS
    'Mirror of kpr.hst.consultation: the last record of every key, markers included.';

CREATE TABLE content.appointment (
    appointment_key uuid NOT NULL,
    status text NOT NULL,
    org_nr text NOT NULL,
    system text NOT NULL,
    extracted_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    received_at timestamptz NOT NULL,
    person_key uuid,
    date date,
    consultation_type text,
    attendance text,
    municipality_code text,
    age_days integer,
    sex text,
    warnings text[],
    set_aside text[],
    rule_set_version text NOT NULL,
    reference_version text NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (appointment_key)
);
COMMENT ON TABLE content.appointment IS
    'Mirror of kpr.hst.appointment: the last record of every key, markers included.';

-- A person's course through the programme, and a person's access and erasure.
CREATE INDEX consultation_person ON content.consultation (person_key, date)
    WHERE status = 'live' AND person_key IS NOT NULL;
CREATE INDEX appointment_person ON content.appointment (person_key, date)
    WHERE status = 'live' AND person_key IS NOT NULL;

-- Where the sink reads on; changed in the same transaction as the rows. The epoch counts rebuilds.
CREATE TABLE content.sink_position (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch integer NOT NULL,
    rebuild_until bigint,
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);

CREATE VIEW content.live_consultation AS SELECT
    consultation_key, org_nr, system, extracted_at, sequence, received_at, person_key, service,
    date, time_precision, consultation_type, contact_form, attendance, programme_step_reported,
    programme_step, programme_step_found_by, grade, duration_minutes, group_key, group_size,
    practitioner_roles, municipality_code, municipality_valid, district_code, age_days, sex,
    weight_g, weight_reason_not_measured, length_mm, length_position,
    length_reason_not_measured, head_circumference_mm, head_circumference_reason_not_measured,
    breastfeeding, maternity_discharge_date, warnings, set_aside, rule_set_version,
    reference_version
FROM content.consultation WHERE status = 'live';
COMMENT ON VIEW content.live_consultation IS 'Consultations that stand, as analysts read them.';

CREATE VIEW content.live_appointment AS SELECT
    appointment_key, org_nr, system, extracted_at, sequence, received_at, person_key, date,
    consultation_type, attendance, municipality_code, age_days, sex, warnings, set_aside,
    rule_set_version, reference_version
FROM content.appointment WHERE status = 'live';
COMMENT ON VIEW content.live_appointment IS 'Appointments that stand, as analysts read them.';

-- One row for each lane that has seen the person: lanes share no state, so links are united when
-- read. Everything that names a person stays sealed; this database has no key to it.
CREATE TABLE identity.identity (
    person_key uuid NOT NULL,
    key_version integer NOT NULL,
    id_kind text NOT NULL,
    sealed_key_id text NOT NULL,
    sealed_nonce bytea NOT NULL,
    sealed_ciphertext bytea NOT NULL,
    links jsonb NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (person_key, source_partition)
);
COMMENT ON TABLE identity.identity IS
    'Mirror of kpr.hst.identity: the last record of every key and partition, sealed.';

CREATE TABLE identity.sink_position (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch integer NOT NULL,
    rebuild_until bigint,
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);

REVOKE ALL ON SCHEMA content, identity FROM PUBLIC;

GRANT USAGE ON SCHEMA content TO content_sink, analyst;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    content.consultation, content.appointment, content.sink_position TO content_sink;
GRANT SELECT ON content.live_consultation, content.live_appointment TO analyst;

GRANT USAGE ON SCHEMA identity TO identity_sink;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    identity.identity, identity.sink_position TO identity_sink;

-- Sinks stage their batches in temporary tables.
DO $$
BEGIN
    EXECUTE format(
        'GRANT TEMPORARY ON DATABASE %I TO content_sink, identity_sink', current_database()
    );
END
$$;
