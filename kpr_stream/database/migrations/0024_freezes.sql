-- A freeze is a named instant of this schema: the rows of a freeze give the same numbers later, also
-- after corrections, deletions, new links and reforms. Nothing is copied when a freeze is made. A
-- refresh that replaces a row keeps the old one if some freeze has it (docs/adr/0190).
--
-- Privacy comes before sameness. A person who was erased leaves every freeze with the next refresh, and
-- so does what a person has reserved.

CREATE SEQUENCE analytics.row_clock;
COMMENT ON SEQUENCE analytics.row_clock IS
    'Orders the rows that refreshes make and the freezes: a freeze has the rows that were made before.';

ALTER TABLE analytics.consultation_row ADD COLUMN made bigint NOT NULL DEFAULT 0;
ALTER TABLE analytics.consultation_row
    ALTER COLUMN made SET DEFAULT nextval('analytics.row_clock');
COMMENT ON COLUMN analytics.consultation_row.made IS
    'When the row was made, by analytics.row_clock; 0: before the first freeze was possible.';
ALTER TABLE analytics.appointment_row ADD COLUMN made bigint NOT NULL DEFAULT 0;
ALTER TABLE analytics.appointment_row
    ALTER COLUMN made SET DEFAULT nextval('analytics.row_clock');
COMMENT ON COLUMN analytics.appointment_row.made IS
    'When the row was made, by analytics.row_clock; 0: before the first freeze was possible.';

CREATE TABLE analytics.freeze_entry (
    freeze_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
        CHECK (name ~ '^[a-z][a-z0-9-]{0,39}$' AND name !~ '[0-9]{7}'),
    instant bigint NOT NULL DEFAULT nextval('analytics.row_clock'),
    login name NOT NULL,
    purpose text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    as_of date NOT NULL,
    refreshed_at timestamptz NOT NULL,
    reference_version text NOT NULL,
    consultations bigint NOT NULL,
    appointments bigint NOT NULL,
    consultations_erased bigint NOT NULL DEFAULT 0,
    appointments_erased bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE analytics.freeze_entry IS 'Named instants of this schema.';
COMMENT ON COLUMN analytics.freeze_entry.freeze_id IS 'Number of the freeze.';
COMMENT ON COLUMN analytics.freeze_entry.name IS 'Name, in lower-case letters, digits and hyphens.';
COMMENT ON COLUMN analytics.freeze_entry.instant IS 'When, by analytics.row_clock.';
COMMENT ON COLUMN analytics.freeze_entry.login IS 'Database login that made the freeze.';
COMMENT ON COLUMN analytics.freeze_entry.purpose IS 'Purpose in words.';
COMMENT ON COLUMN analytics.freeze_entry.created_at IS 'When the freeze was made.';
COMMENT ON COLUMN analytics.freeze_entry.as_of IS 'The day that counted as today.';
COMMENT ON COLUMN analytics.freeze_entry.refreshed_at IS 'The refresh that the rows are of.';
COMMENT ON COLUMN analytics.freeze_entry.reference_version IS
    'Version of the reference data that the rows are made with.';
COMMENT ON COLUMN analytics.freeze_entry.consultations IS 'Rows of consultations at the creation.';
COMMENT ON COLUMN analytics.freeze_entry.appointments IS 'Rows of appointments at the creation.';
COMMENT ON COLUMN analytics.freeze_entry.consultations_erased IS
    'Consultations that erasures have removed since.';
COMMENT ON COLUMN analytics.freeze_entry.appointments_erased IS
    'Appointments that erasures have removed since.';

-- What a refresh changes in place, and units that analysts do not see: some thousand rows a freeze.
CREATE TABLE analytics.frozen_place (
    freeze_id bigint NOT NULL REFERENCES analytics.freeze_entry ON DELETE CASCADE,
    LIKE analytics.place,
    PRIMARY KEY (freeze_id, place_id)
);
COMMENT ON TABLE analytics.frozen_place IS 'The places of today, as they were at the freeze.';
CREATE TABLE analytics.frozen_youth_unit (
    freeze_id bigint NOT NULL REFERENCES analytics.freeze_entry ON DELETE CASCADE,
    org_nr text NOT NULL,
    PRIMARY KEY (freeze_id, org_nr)
);
COMMENT ON TABLE analytics.frozen_youth_unit IS
    'Units that were health stations for youth alone at the freeze.';

-- Columns of kept rows are those of the rows, in the same order: a trigger copies them.
CREATE TABLE analytics.kept_consultation (
    LIKE analytics.consultation_row,
    replaced bigint NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE analytics.kept_consultation IS
    'Rows that a refresh has replaced or removed and some freeze has.';
CREATE INDEX kept_consultation_key ON analytics.kept_consultation (consultation_key);
CREATE INDEX kept_consultation_shown_month ON analytics.kept_consultation (
    analytics.month_of(CASE WHEN date BETWEEN birth_week AND birth_week + 6 THEN birth_week + 6
        ELSE date END)
);
CREATE TABLE analytics.kept_appointment (
    LIKE analytics.appointment_row,
    replaced bigint NOT NULL
);
COMMENT ON TABLE analytics.kept_appointment IS
    'Rows that a refresh has replaced or removed and some freeze has.';
CREATE INDEX kept_appointment_key ON analytics.kept_appointment (appointment_key);
CREATE INDEX kept_appointment_shown_month ON analytics.kept_appointment (
    analytics.month_of(CASE WHEN date BETWEEN birth_week AND birth_week + 6 THEN birth_week + 6
        ELSE date END)
);

CREATE FUNCTION analytics.keep_frozen() RETURNS trigger LANGUAGE plpgsql
    SET search_path = analytics, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO analytics.%I SELECT o.*, (SELECT nextval(''analytics.row_clock'')) '
        'FROM removed_rows o WHERE o.made < (SELECT max(instant) FROM analytics.freeze_entry)',
        TG_ARGV[0]
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION analytics.keep_frozen() IS
    'Keeps rows that are about to be replaced or removed, if some freeze has them.';
CREATE TRIGGER keep_frozen AFTER DELETE ON analytics.consultation_row
    REFERENCING OLD TABLE AS removed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.keep_frozen('kept_consultation');
CREATE TRIGGER keep_frozen AFTER DELETE ON analytics.appointment_row
    REFERENCING OLD TABLE AS removed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.keep_frozen('kept_appointment');


CREATE VIEW analytics.frozen_consultation_row AS
SELECT f.freeze_id, f.name AS freeze_name,
    r.consultation_key, r.person_key, r.group_key, r.id_kind, r.birth_week, r.sex, r.org_nr,
    r.system, r.service, r.date, r.month, r.place_id, r.municipality_valid, r.consultation_type,
    r.contact_form, r.attendance, r.programme_step_reported, r.programme_step,
    r.programme_step_found_by, r.timeliness, r.grade, r.duration_minutes, r.session_key,
    r.group_size, r.practitioner_roles, r.minutes, r.age_days, r.age_months, r.weight_g,
    r.weight_reason_not_measured, r.length_mm, r.length_position, r.length_reason_not_measured,
    r.head_circumference_mm, r.head_circumference_reason_not_measured, r.weight_z,
    r.weight_z_reference, r.weight_z_flag, r.length_z, r.length_z_reference, r.length_z_flag,
    r.bmi_z, r.bmi_z_reference, r.bmi_z_flag, r.head_circumference_z,
    r.head_circumference_z_reference, r.head_circumference_z_flag, r.breastfeeding,
    r.breastfeeding_status
FROM analytics.freeze_entry f
JOIN analytics.consultation_row r ON r.made < f.instant
UNION ALL
SELECT f.freeze_id, f.name,
    k.consultation_key, k.person_key, k.group_key, k.id_kind, k.birth_week, k.sex, k.org_nr,
    k.system, k.service, k.date, k.month, k.place_id, k.municipality_valid, k.consultation_type,
    k.contact_form, k.attendance, k.programme_step_reported, k.programme_step,
    k.programme_step_found_by, k.timeliness, k.grade, k.duration_minutes, k.session_key,
    k.group_size, k.practitioner_roles, k.minutes, k.age_days, k.age_months, k.weight_g,
    k.weight_reason_not_measured, k.length_mm, k.length_position, k.length_reason_not_measured,
    k.head_circumference_mm, k.head_circumference_reason_not_measured, k.weight_z,
    k.weight_z_reference, k.weight_z_flag, k.length_z, k.length_z_reference, k.length_z_flag,
    k.bmi_z, k.bmi_z_reference, k.bmi_z_flag, k.head_circumference_z,
    k.head_circumference_z_reference, k.head_circumference_z_flag, k.breastfeeding,
    k.breastfeeding_status
FROM analytics.freeze_entry f
JOIN analytics.kept_consultation k ON k.made < f.instant AND f.instant < k.replaced;
COMMENT ON VIEW analytics.frozen_consultation_row IS
    'Rows of consultations by freeze: those that are still there, and those that were kept.';

CREATE VIEW analytics.frozen_appointment_row AS
SELECT f.freeze_id, f.name AS freeze_name,
    r.appointment_key, r.person_key, r.group_key, r.id_kind, r.birth_week, r.sex, r.org_nr,
    r.system, r.date, r.month, r.place_id, r.consultation_type, r.attendance
FROM analytics.freeze_entry f
JOIN analytics.appointment_row r ON r.made < f.instant
UNION ALL
SELECT f.freeze_id, f.name,
    k.appointment_key, k.person_key, k.group_key, k.id_kind, k.birth_week, k.sex, k.org_nr,
    k.system, k.date, k.month, k.place_id, k.consultation_type, k.attendance
FROM analytics.freeze_entry f
JOIN analytics.kept_appointment k ON k.made < f.instant AND f.instant < k.replaced;
COMMENT ON VIEW analytics.frozen_appointment_row IS
    'Rows of appointments by freeze: those that are still there, and those that were kept.';

CREATE VIEW analytics.frozen_consultation WITH (security_barrier) AS
SELECT r.freeze_name, r.consultation_key, r.group_key, r.id_kind, r.org_nr, r.system, r.service,
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
FROM analytics.frozen_consultation_row r
JOIN analytics.frozen_place place USING (freeze_id, place_id)
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.date BETWEEN r.birth_week AND r.birth_week + 6 THEN r.birth_week + 6
        ELSE r.date END AS date
) shown
WHERE r.service IS DISTINCT FROM 'HFU';

CREATE VIEW analytics.frozen_appointment WITH (security_barrier) AS
SELECT r.freeze_name, r.appointment_key, r.group_key, r.id_kind, r.org_nr, r.system, shown.date,
    analytics.month_of(shown.date) AS month, place.municipality_code,
    place.current_municipality_code, place.current_municipality_name, place.current_county_code,
    place.current_county_name, place.current_found_by, r.consultation_type, r.attendance,
    r.birth_week, r.sex,
    CASE WHEN r.date >= r.birth_week AND analytics.completed_months(r.date, r.birth_week) < 12
        THEN (r.date - r.birth_week) / 7 END AS age_weeks,
    CASE WHEN r.date >= r.birth_week THEN analytics.completed_months(r.date, r.birth_week)
        END AS age_months
FROM analytics.frozen_appointment_row r
JOIN analytics.frozen_place place USING (freeze_id, place_id)
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.date BETWEEN r.birth_week AND r.birth_week + 6 THEN r.birth_week + 6
        ELSE r.date END AS date
) shown
WHERE NOT EXISTS (
    SELECT FROM analytics.frozen_youth_unit y
    WHERE y.freeze_id = r.freeze_id AND y.org_nr = r.org_nr
);

CREATE VIEW analytics.freeze_list WITH (security_barrier) AS
SELECT f.name, f.login, f.purpose, f.created_at, f.as_of, f.refreshed_at, f.reference_version,
    f.consultations, f.appointments, f.consultations_erased, f.appointments_erased,
    withdrawn.consultations_with_withdrawn_measures
FROM analytics.freeze_entry f
CROSS JOIN LATERAL (
    SELECT count(*) AS consultations_with_withdrawn_measures
    FROM analytics.kept_consultation k
    WHERE k.withdrawn AND k.made < f.instant AND f.instant < k.replaced
) withdrawn;
COMMENT ON VIEW analytics.freeze_list IS
    'Freezes, with the rows at the creation and what privacy has taken out since.';
COMMENT ON COLUMN analytics.freeze_list.name IS 'Name of the freeze.';
COMMENT ON COLUMN analytics.freeze_list.login IS 'Database login that made the freeze.';
COMMENT ON COLUMN analytics.freeze_list.purpose IS 'Purpose in words.';
COMMENT ON COLUMN analytics.freeze_list.created_at IS 'When the freeze was made.';
COMMENT ON COLUMN analytics.freeze_list.as_of IS 'The day that counted as today.';
COMMENT ON COLUMN analytics.freeze_list.refreshed_at IS 'The refresh that the rows are of.';
COMMENT ON COLUMN analytics.freeze_list.reference_version IS
    'Version of the reference data that the rows are made with.';
COMMENT ON COLUMN analytics.freeze_list.consultations IS 'Rows of consultations at the creation.';
COMMENT ON COLUMN analytics.freeze_list.appointments IS 'Rows of appointments at the creation.';
COMMENT ON COLUMN analytics.freeze_list.consultations_erased IS
    'Consultations that erasures have removed since.';
COMMENT ON COLUMN analytics.freeze_list.appointments_erased IS
    'Appointments that erasures have removed since.';
COMMENT ON COLUMN analytics.freeze_list.consultations_with_withdrawn_measures IS
    'Consultations that have lost a measure, or the answer about breastfeeding, by a reservation.';

COMMENT ON VIEW analytics.frozen_consultation IS
    'analytics.consultation as it was at each freeze. Always name one: WHERE freeze_name = …';
COMMENT ON VIEW analytics.frozen_appointment IS
    'analytics.appointment as it was at each freeze. Always name one: WHERE freeze_name = …';
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT c.relname AS view, a.attname AS name, col_description(c.oid, a.attnum) AS text
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'analytics'::regnamespace
            AND c.relname IN ('consultation', 'appointment')
    LOOP
        EXECUTE format(
            'COMMENT ON COLUMN analytics.%I.%I IS %L', 'frozen_' || found.view, found.name, found.text
        );
    END LOOP;
    FOR found IN
        SELECT c.relname AS view, a.attname AS name,
            CASE a.attname
                WHEN 'freeze_id' THEN 'The freeze.'
                WHEN 'replaced' THEN 'When a refresh replaced or removed it, by analytics.row_clock.'
                WHEN 'withdrawn' THEN 'Whether a measure was taken out of it.'
                ELSE 'As in the table that it is kept from.'
            END AS text
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'analytics'::regnamespace AND c.relname IN
            ('kept_consultation', 'kept_appointment', 'frozen_place', 'frozen_youth_unit')
    LOOP
        EXECUTE format('COMMENT ON COLUMN analytics.%I.%I IS %L', found.view, found.name, found.text);
    END LOOP;
END
$$;
COMMENT ON COLUMN analytics.frozen_consultation.freeze_name IS 'Name of the freeze.';
COMMENT ON COLUMN analytics.frozen_appointment.freeze_name IS 'Name of the freeze.';

-- A freeze waits for a refresh that is running (the same advisory lock), and a refresh for it.
CREATE FUNCTION analytics.create_freeze(freeze_name text, freeze_purpose text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = analytics, pg_temp AS $$
DECLARE
    entry bigint;
    made record;
BEGIN
    -- A snapshot from before the lock would not see the rows of a refresh that it waits for.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'A freeze is made in a transaction that is READ COMMITTED.'
            USING ERRCODE = 'active_sql_transaction';
    END IF;
    entry := analytics.begin_disclosure('freeze', freeze_purpose, 'freeze ' || freeze_name);
    PERFORM pg_advisory_xact_lock(1802531331);
    IF (SELECT count(*) FROM analytics.freeze_entry) >= 100 THEN
        RAISE EXCEPTION 'There are 100 freezes: drop one first.'
            USING ERRCODE = 'configuration_limit_exceeded';
    END IF;
    INSERT INTO analytics.freeze_entry (name, login, purpose, as_of, refreshed_at,
        reference_version, consultations, appointments)
    SELECT freeze_name, session_user, freeze_purpose, as_of, refreshed_at, reference_version,
        (SELECT count(*) FROM analytics.consultation), (SELECT count(*) FROM analytics.appointment)
    FROM analytics.refresh
    RETURNING freeze_id, consultations + appointments AS row_count INTO made;
    IF made.freeze_id IS NULL THEN
        RAISE EXCEPTION 'The schema analytics has never been refreshed.'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO analytics.frozen_place SELECT made.freeze_id, p.* FROM analytics.place p;
    INSERT INTO analytics.frozen_youth_unit
    SELECT made.freeze_id, u.org_nr FROM analytics.unit u WHERE u.only_youth;
    PERFORM analytics.complete_disclosure(entry, made.row_count, NULL);
    RETURN made.row_count;
END
$$;
COMMENT ON FUNCTION analytics.create_freeze(text, text) IS
    'Make a freeze of a name, with a purpose; the number of its rows.';

CREATE FUNCTION analytics.drop_freeze(freeze_name text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = analytics, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1802531331);
    DELETE FROM analytics.freeze_entry f
    WHERE f.name = freeze_name
        AND (f.login = session_user OR pg_has_role(session_user, 'operator', 'MEMBER'));
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM analytics.kept_consultation k WHERE NOT EXISTS (
        SELECT FROM analytics.freeze_entry f WHERE k.made < f.instant AND f.instant < k.replaced
    );
    DELETE FROM analytics.kept_appointment k WHERE NOT EXISTS (
        SELECT FROM analytics.freeze_entry f WHERE k.made < f.instant AND f.instant < k.replaced
    );
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics.drop_freeze(text) IS
    'Drop a freeze of the same login, or any as an operator; false if there is no such freeze.';

REVOKE EXECUTE ON FUNCTION analytics.keep_frozen(), analytics.create_freeze(text, text),
    analytics.drop_freeze(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.create_freeze(text, text) TO analyst;
GRANT EXECUTE ON FUNCTION analytics.drop_freeze(text) TO analyst, operator;
GRANT SELECT ON analytics.freeze_list, analytics.frozen_consultation, analytics.frozen_appointment
    TO analyst;
GRANT SELECT ON analytics.freeze_list TO operator, privacy;
