-- Who may read what. Every table of content, identity and registry has row-level security, forced, so
-- that its owner's views obey it too: a policy, not the author of a view, decides what a municipality
-- sees. Rights are granted on views; only the roles of processes, and operators for the registry, have
-- rights on tables. Reference data and the mark of the environment are public and have no policy.

CREATE TABLE registry.municipality_login (
    login name NOT NULL,
    municipality_code text NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (login, municipality_code)
);
COMMENT ON TABLE registry.municipality_login IS
    'Logins of municipalities and the codes that each may see: after a reform the old ones, too.';
GRANT SELECT, INSERT, DELETE ON registry.municipality_login TO operator;

CREATE FUNCTION registry.municipalities_of(who name) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = registry, pg_temp
BEGIN ATOMIC
    SELECT CASE
        WHEN EXISTS (SELECT FROM registry.municipality_login WHERE login = who)
            OR EXISTS (SELECT FROM pg_roles WHERE rolname = who AND NOT rolsuper
                AND pg_has_role(who, 'municipality', 'MEMBER'))
        THEN ARRAY(SELECT municipality_code FROM registry.municipality_login WHERE login = who)
    END;
END;
COMMENT ON FUNCTION registry.municipalities_of(name) IS
    'The codes that a login of a municipality may see, none if none is registered; null for others.';
REVOKE ALL ON FUNCTION registry.municipalities_of(name) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.municipalities_of(name)
    TO analyst, municipality, operator, privacy, identity_sink;

DO $$
DECLARE
    found record;
    everything CONSTANT text := '(SELECT registry.municipalities_of(current_user)) IS NULL';
    own CONSTANT text :=
        ' OR municipality_code = ANY ((SELECT registry.municipalities_of(current_user))::text[])';
    of_own_unit CONSTANT text :=
        ' OR EXISTS (SELECT FROM content.unit AS u WHERE u.org_nr = %I.org_nr AND u.system = %I.system)';
BEGIN
    FOR found IN
        SELECT n.nspname AS place, c.relname AS name, c.oid::regclass AS full_name,
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid
                AND attname = 'municipality_code') AS has_code
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname IN ('content', 'identity', 'registry')
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', found.full_name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', found.full_name);
        EXECUTE format(
            'CREATE POLICY process ON %s TO %I USING (true) WITH CHECK (true)', found.full_name,
            CASE found.place WHEN 'content' THEN 'content_sink'
                WHEN 'identity' THEN 'identity_sink' ELSE 'operator' END
        );
        EXECUTE format(
            'CREATE POLICY owner ON %s TO %I USING (%s)', found.full_name, current_user,
            CASE
                -- The function above reads this table; no view does.
                WHEN found.name = 'municipality_login' THEN 'true'
                WHEN found.has_code THEN everything || own
                WHEN found.name IN ('delivery_finding', 'quarantine_state')
                    THEN everything || format(of_own_unit, found.name, found.name)
                ELSE everything
            END
        );
    END LOOP;
END
$$;

-- Without a barrier a cheap function in WHERE sees rows that the view leaves out.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT c.oid::regclass AS full_name
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind = 'v' AND n.nspname IN ('content', 'identity', 'reporting')
    LOOP
        EXECUTE format('ALTER VIEW %s SET (security_barrier = true)', found.full_name);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA reporting TO analyst, municipality, operator;
GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO analyst, municipality, operator;

GRANT USAGE ON SCHEMA kpr, reference TO municipality, privacy;
GRANT SELECT ON kpr.environment TO municipality, privacy;
GRANT SELECT ON ALL TABLES IN SCHEMA reference TO municipality, privacy;

-- A person's right of access covers what the register has kept of earlier versions.
GRANT USAGE ON SCHEMA content, identity TO privacy;
GRANT SELECT ON content.consultation_history, content.appointment_history TO privacy;
GRANT EXECUTE ON FUNCTION
    content.consultation_as_of(timestamptz), content.appointment_as_of(timestamptz) TO privacy;
GRANT SELECT ON identity.person_link, identity.standing_link TO privacy;

-- Only the sinks stage batches in temporary tables.
DO $$
BEGIN
    EXECUTE format(
        'REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC, analyst, municipality, operator, privacy',
        current_database()
    );
END
$$;
