-- Whom to call about a unit or a vendor; who changed it and why is kept for good.

CREATE SCHEMA registry;

CREATE TABLE registry.contact (
    party text PRIMARY KEY,
    name text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    hours text NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry.contact IS
    'Contacts and support hours: party is an org number or the name of an EPJ system.';

CREATE TABLE registry.contact_history (LIKE registry.contact);
COMMENT ON TABLE registry.contact_history IS 'Every contact as it was entered, oldest first.';

CREATE FUNCTION registry.note_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = registry, pg_temp AS $$
BEGIN
    INSERT INTO registry.contact_history SELECT NEW.*;
    RETURN NEW;
END
$$;
CREATE TRIGGER note_contact AFTER INSERT OR UPDATE ON registry.contact
    FOR EACH ROW EXECUTE FUNCTION registry.note_contact();

REVOKE ALL ON SCHEMA registry FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.note_contact() FROM PUBLIC;
GRANT USAGE ON SCHEMA registry TO operator;
GRANT SELECT, INSERT, UPDATE ON registry.contact TO operator;
GRANT SELECT ON registry.contact_history TO operator;

-- Which unit goes on as which after a reform: a job looks for what both have reported.
CREATE TABLE registry.succession (
    old_org_nr text NOT NULL,
    new_org_nr text NOT NULL CHECK (new_org_nr <> old_org_nr),
    since date NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (old_org_nr, new_org_nr)
);
COMMENT ON TABLE registry.succession IS
    'Units whose org number a reform has changed, and the number they report under since.';
GRANT SELECT, INSERT, DELETE ON registry.succession TO operator;

-- The same consultation under both numbers: same person and day, and the same in everything that a
-- journal holds. Equal ones of one day are paired one to one. Keys and places only, no content.
CREATE VIEW content.found_across_units AS
WITH numbered AS (
    SELECT consultation_key, org_nr, system, source_partition, source_offset, person_key, date,
        row_number() OVER same AS number,
        ROW(service, consultation_type, contact_form, attendance, programme_step_reported, grade,
            duration_minutes, sex, weight_g, length_mm, length_position, head_circumference_mm,
            breastfeeding) AS said
    FROM content.consultation
    WHERE status = 'live' AND person_key IS NOT NULL AND date IS NOT NULL
        AND org_nr IN (SELECT old_org_nr FROM registry.succession
            UNION SELECT new_org_nr FROM registry.succession)
    WINDOW same AS (PARTITION BY org_nr, person_key, date, service, consultation_type,
        contact_form, attendance, programme_step_reported, grade, duration_minutes, sex, weight_g,
        length_mm, length_position, head_circumference_mm, breastfeeding ORDER BY consultation_key)
)
SELECT gone.consultation_key, gone.org_nr, gone.system, gone.source_partition,
    gone.source_offset, stands.consultation_key AS winner_key, stands.org_nr AS winner_org_nr
FROM registry.succession AS s
JOIN numbered AS gone ON gone.org_nr = s.old_org_nr
JOIN numbered AS stands ON stands.org_nr = s.new_org_nr
    AND stands.person_key = gone.person_key AND stands.date = gone.date
    AND stands.number = gone.number AND stands.said IS NOT DISTINCT FROM gone.said;
COMMENT ON VIEW content.found_across_units IS
    'Consultations that a unit and its successor have both reported: what is to be marked.';
GRANT USAGE ON SCHEMA content TO operator;
GRANT SELECT ON content.found_across_units TO operator;
