-- What says that two person keys may be of one person. As identity.identity: one row for each lane,
-- united when read, seen by the identity role only.

CREATE TABLE identity.identity_link (
    link_key uuid NOT NULL,
    person_key uuid NOT NULL,
    other_key uuid NOT NULL,
    evidence text NOT NULL,
    evidence_key uuid,
    withdrawn boolean NOT NULL,
    withdrawn_because text,
    org_nr text,
    system text,
    changed_at timestamptz NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (link_key, source_partition)
);
COMMENT ON TABLE identity.identity_link IS
    'Mirror of kpr.hst.identity-link: each piece of evidence, withdrawn ones too.';

CREATE INDEX identity_link_person ON identity.identity_link (person_key);
CREATE INDEX identity_link_other ON identity.identity_link (other_key);

CREATE VIEW identity.person_link AS
SELECT
    least(person_key, other_key) AS person_key,
    greatest(person_key, other_key) AS other_key,
    bool_or(evidence <> 'operator' AND NOT withdrawn)
        AND NOT bool_or(evidence = 'operator' AND withdrawn) AS stands,
    bool_or(evidence = 'operator' AND withdrawn) AS withdrawn_by_operator,
    count(*) FILTER (WHERE evidence <> 'operator' AND NOT withdrawn) AS evidence_standing,
    count(*) FILTER (WHERE evidence <> 'operator' AND withdrawn) AS evidence_withdrawn,
    array_agg(DISTINCT evidence ORDER BY evidence) FILTER (WHERE evidence <> 'operator')
        AS evidence,
    array_agg(DISTINCT withdrawn_because ORDER BY withdrawn_because)
        FILTER (WHERE withdrawn_because IS NOT NULL) AS withdrawn_because,
    max(changed_at) AS changed_at
FROM identity.identity_link
GROUP BY 1, 2;
COMMENT ON VIEW identity.person_link IS
    'Every pair of keys that was ever linked, and whether the link stands. Never followed further.';

CREATE VIEW identity.standing_link AS
SELECT person_key, other_key, evidence, changed_at AS since
FROM identity.person_link
WHERE stands;
COMMENT ON VIEW identity.standing_link IS 'Links that stand, united over the lanes.';

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.identity_link TO identity_sink;
GRANT SELECT ON identity.person_link, identity.standing_link TO identity_sink;
