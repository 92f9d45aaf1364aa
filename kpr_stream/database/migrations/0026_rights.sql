-- What persons have asked for: the last record of each key of kpr.rights. The identity sink writes the
-- table, since it reads person keys and links already and has no health content. Nobody but the owner
-- of the views reads the schema beside that sink.

CREATE SCHEMA rights;
REVOKE ALL ON SCHEMA rights FROM PUBLIC;
GRANT USAGE ON SCHEMA rights TO identity_sink;

CREATE TABLE rights.person (
    person_key uuid PRIMARY KEY,
    reservations jsonb NOT NULL,
    erased boolean NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON rights.person TO identity_sink;
ALTER TABLE rights.person ENABLE ROW LEVEL SECURITY;
ALTER TABLE rights.person FORCE ROW LEVEL SECURITY;
CREATE POLICY process ON rights.person TO identity_sink USING (true) WITH CHECK (true);
CREATE POLICY owner ON rights.person TO CURRENT_USER
    USING ((SELECT registry.municipalities_of(current_user)) IS NULL);

COMMENT ON SCHEMA rights IS 'Reservations and erasures of persons, by person key.';
COMMENT ON TABLE rights.person IS
    'The last record of each key of kpr.rights: what one person has reserved, and whether everything '
    'about the person is erased.';
COMMENT ON COLUMN rights.person.person_key IS 'Pseudonym of the person.';
COMMENT ON COLUMN rights.person.reservations IS
    'List of kind, from (first day) and until (the day of revocation; null while it holds).';
COMMENT ON COLUMN rights.person.erased IS 'Whether everything about the person is erased.';
COMMENT ON COLUMN rights.person.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN rights.person.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN rights.person.source_offset IS
    'Offset of the Kafka record that the row comes from.';

-- `erased` is a kind of its own here: it holds for every day.
CREATE VIEW rights.exclusion WITH (security_barrier) AS
SELECT p.person_key, r.kind, r."from" AS from_date, r.until AS until_date
FROM rights.person AS p
CROSS JOIN LATERAL jsonb_to_recordset(p.reservations) AS r (kind text, "from" date, until date)
UNION ALL
SELECT person_key, 'erased', '-infinity', NULL FROM rights.person WHERE erased;
COMMENT ON VIEW rights.exclusion IS
    'One row a reservation, and one an erased person: a kind of data that is not held.';
COMMENT ON COLUMN rights.exclusion.person_key IS 'Pseudonym of the person.';
COMMENT ON COLUMN rights.exclusion.kind IS
    'weight, growth, breastfeeding, head_circumference; or erased.';
COMMENT ON COLUMN rights.exclusion.from_date IS 'First day of consultations.';
COMMENT ON COLUMN rights.exclusion.until_date IS
    'Day from which consultations carry the values again; null while it holds.';

-- The versions of a person, for what follows and for the right of access.
CREATE INDEX consultation_version_person ON content.consultation_version (person_key)
    WHERE person_key IS NOT NULL;
CREATE INDEX appointment_version_person ON content.appointment_version (person_key)
    WHERE person_key IS NOT NULL;

-- Stored versions lose what their person has reserved, on the days of the reservation. Those of an
-- erased person lose everything but key, unit and times: they look like the marker of a deletion.
-- The words of a kind are those in the names of its fields and rules (kpr_stream/rights/kinds.py).
CREATE TABLE rights.kind (kind text PRIMARY KEY, words text NOT NULL);
INSERT INTO rights.kind VALUES
    ('weight', 'weight|bmi'), ('growth', 'length|height|bmi'), ('breastfeeding', 'breastfeeding'),
    ('head_circumference', 'head_circumference');
COMMENT ON TABLE rights.kind IS 'Words in the names of the fields and rules that each kind covers.';
COMMENT ON COLUMN rights.kind.kind IS 'Kind of a reservation.';
COMMENT ON COLUMN rights.kind.words IS 'Alternatives of a regular expression.';
ALTER TABLE rights.kind ENABLE ROW LEVEL SECURITY;
ALTER TABLE rights.kind FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON rights.kind TO CURRENT_USER USING (true);

CREATE FUNCTION rights.redact_consultations(persons uuid[]) RETURNS void LANGUAGE plpgsql
    SET search_path = rights, pg_temp AS $$
BEGIN
    UPDATE content.consultation_version v SET
        weight_g = CASE WHEN NOT r.weight THEN v.weight_g END,
        weight_reason_not_measured = CASE WHEN NOT r.weight THEN v.weight_reason_not_measured END,
        weight_z = CASE WHEN NOT r.weight THEN v.weight_z END,
        weight_z_reference = CASE WHEN NOT r.weight THEN v.weight_z_reference END,
        weight_z_flag = CASE WHEN NOT r.weight THEN v.weight_z_flag END,
        length_mm = CASE WHEN NOT r.growth THEN v.length_mm END,
        length_position = CASE WHEN NOT r.growth THEN v.length_position END,
        length_reason_not_measured = CASE WHEN NOT r.growth THEN v.length_reason_not_measured END,
        length_z = CASE WHEN NOT r.growth THEN v.length_z END,
        length_z_reference = CASE WHEN NOT r.growth THEN v.length_z_reference END,
        length_z_flag = CASE WHEN NOT r.growth THEN v.length_z_flag END,
        breastfeeding = CASE WHEN NOT r.breastfeeding THEN v.breastfeeding END,
        breastfeeding_status = CASE WHEN NOT r.breastfeeding THEN v.breastfeeding_status END,
        head_circumference_mm = CASE WHEN NOT r.head THEN v.head_circumference_mm END,
        head_circumference_reason_not_measured =
            CASE WHEN NOT r.head THEN v.head_circumference_reason_not_measured END,
        head_circumference_z = CASE WHEN NOT r.head THEN v.head_circumference_z END,
        head_circumference_z_reference =
            CASE WHEN NOT r.head THEN v.head_circumference_z_reference END,
        head_circumference_z_flag = CASE WHEN NOT r.head THEN v.head_circumference_z_flag END,
        bmi_z = CASE WHEN NOT r.bmi THEN v.bmi_z END,
        bmi_z_reference = CASE WHEN NOT r.bmi THEN v.bmi_z_reference END,
        bmi_z_flag = CASE WHEN NOT r.bmi THEN v.bmi_z_flag END,
        warnings = ARRAY(SELECT rule FROM unnest(v.warnings) WITH ORDINALITY AS w (rule, place)
            WHERE rule !~* r.pattern ORDER BY place),
        set_aside = ARRAY(SELECT field FROM unnest(v.set_aside) WITH ORDINALITY AS s (field, place)
            WHERE field !~* r.pattern ORDER BY place)
    FROM (
        SELECT o.consultation_key, o.extracted_at, o.sequence, o.revision,
            '(^|_)(' || string_agg(k.words, '|') || ')(_|$)' AS pattern,
            bool_or(e.kind = 'weight') AS weight,
            bool_or(e.kind = 'growth') AS growth,
            bool_or(e.kind IN ('weight', 'growth')) AS bmi,
            bool_or(e.kind = 'breastfeeding') AS breastfeeding,
            bool_or(e.kind = 'head_circumference') AS head
        FROM content.consultation_version o
        JOIN rights.exclusion e USING (person_key)
        JOIN rights.kind k USING (kind)
        WHERE o.person_key = ANY (persons) AND o.status = 'live' AND (o.date IS NULL
            OR (o.date >= e.from_date AND (e.until_date IS NULL OR o.date < e.until_date)))
        GROUP BY 1, 2, 3, 4
    ) r
    WHERE (v.consultation_key, v.extracted_at, v.sequence, v.revision)
        = (r.consultation_key, r.extracted_at, r.sequence, r.revision);
END
$$;

-- A version of an erased person becomes what a marker is: key, unit and times, and no content.
CREATE FUNCTION rights.erase_versions(persons uuid[]) RETURNS void LANGUAGE plpgsql
    SET search_path = rights, pg_temp AS $$
BEGIN
    WITH gone AS (
        DELETE FROM content.consultation_version v USING rights.person p
        WHERE v.person_key = ANY (persons) AND p.person_key = v.person_key AND p.erased
        RETURNING v.consultation_key, v.org_nr, v.system, v.extracted_at, v.sequence, v.received_at,
            v.rule_set_version, v.reference_version, v.source_epoch, v.source_partition,
            v.source_offset, v.revision, v.recorded_at
    )
    INSERT INTO content.consultation_version (consultation_key, status, org_nr, system, extracted_at,
        sequence, received_at, rule_set_version, reference_version, source_epoch, source_partition,
        source_offset, revision, recorded_at)
    SELECT consultation_key, 'deleted', org_nr, system, extracted_at, sequence, received_at,
        rule_set_version, reference_version, source_epoch, source_partition, source_offset,
        revision, recorded_at
    FROM gone;
    WITH gone AS (
        DELETE FROM content.appointment_version v USING rights.person p
        WHERE v.person_key = ANY (persons) AND p.person_key = v.person_key AND p.erased
        RETURNING v.appointment_key, v.org_nr, v.system, v.extracted_at, v.sequence, v.received_at,
            v.rule_set_version, v.reference_version, v.source_epoch, v.source_partition,
            v.source_offset, v.revision, v.recorded_at
    )
    INSERT INTO content.appointment_version (appointment_key, status, org_nr, system, extracted_at,
        sequence, received_at, rule_set_version, reference_version, source_epoch, source_partition,
        source_offset, revision, recorded_at)
    SELECT appointment_key, 'deleted', org_nr, system, extracted_at, sequence, received_at,
        rule_set_version, reference_version, source_epoch, source_partition, source_offset,
        revision, recorded_at
    FROM gone;
END
$$;

-- Both triggers see each other's rows, or wait. A sink of content that has stored versions of a person
-- holds the shared lock until it commits; the rights of the person then wait, and find the versions.
CREATE FUNCTION rights.apply_to_versions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = rights, pg_temp AS $$
DECLARE
    persons uuid[];
BEGIN
    IF TG_TABLE_SCHEMA = 'rights' THEN
        PERFORM pg_advisory_xact_lock(x'6b707204'::bigint);
        persons := ARRAY(SELECT person_key FROM new_rows);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(x'6b707204'::bigint);
        persons := ARRAY(SELECT DISTINCT person_key FROM new_rows JOIN rights.person USING (person_key));
    END IF;
    IF cardinality(persons) > 0 THEN
        PERFORM rights.redact_consultations(persons);
        PERFORM rights.erase_versions(persons);
    END IF;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA rights FROM PUBLIC;

CREATE TRIGGER apply_rights AFTER INSERT ON rights.person REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rights.apply_to_versions();
CREATE TRIGGER apply_rights AFTER INSERT ON content.consultation_version
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rights.apply_to_versions();
CREATE TRIGGER apply_rights AFTER INSERT ON content.appointment_version
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rights.apply_to_versions();
