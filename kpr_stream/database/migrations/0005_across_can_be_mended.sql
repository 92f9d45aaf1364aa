-- What an operator says about org numbers and marks can be taken back, and who did it is kept.

CREATE TABLE registry.succession_history (
    old_org_nr text NOT NULL,
    new_org_nr text NOT NULL,
    since date NOT NULL,
    act text NOT NULL CHECK (act IN ('registered', 'forgotten')),
    changed_by text NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry.succession_history IS
    'Every succession as it was registered or forgotten, oldest first.';
INSERT INTO registry.succession_history
    SELECT old_org_nr, new_org_nr, since, 'registered', changed_by, reason, changed_at
    FROM registry.succession;
GRANT SELECT, INSERT ON registry.succession_history TO operator;
GRANT UPDATE (since, changed_by, reason, changed_at) ON registry.succession TO operator;

-- The nightly run would mark again what an operator has unmarked.
CREATE TABLE registry.not_across (
    consultation_key uuid PRIMARY KEY,
    changed_by text NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry.not_across IS
    'Consultations under an old number of which an operator says that they are no repetitions.';
GRANT SELECT, INSERT ON registry.not_across TO operator;

CREATE OR REPLACE VIEW content.found_across_units AS
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
    AND stands.number = gone.number AND stands.said IS NOT DISTINCT FROM gone.said
WHERE NOT EXISTS (
    SELECT FROM registry.not_across AS kept WHERE kept.consultation_key = gone.consultation_key
);
