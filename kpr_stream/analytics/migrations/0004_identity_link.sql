-- Links between person keys, as each lane has found them. They merge nothing: who counts persons
-- decides whether to follow them.

CREATE TABLE identity.identity_link (
    link_key uuid NOT NULL,
    person_key uuid NOT NULL,
    other_key uuid NOT NULL,
    evidence text NOT NULL,
    withdrawn boolean NOT NULL,
    withdrawn_because text,
    changed_at timestamptz NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (link_key, source_partition)
);
COMMENT ON TABLE identity.identity_link IS
    'Mirror of kpr.hst.identity-link: the last record of every link and partition, withdrawn ones '
    'included.';
CREATE INDEX identity_link_person ON identity.identity_link (person_key);
CREATE INDEX identity_link_other ON identity.identity_link (other_key);

-- Lanes share no state: a link stands if it stands in any of them. An operator withdraws it in all.
CREATE VIEW identity.standing_link AS
SELECT person_key, other_key, min(evidence) AS evidence, min(changed_at) AS since
FROM identity.identity_link
WHERE NOT withdrawn
GROUP BY person_key, other_key;
COMMENT ON VIEW identity.standing_link IS 'Links that stand, united over the lanes.';

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.identity_link TO identity_sink;
GRANT SELECT ON identity.standing_link TO identity_sink;
