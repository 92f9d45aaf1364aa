-- A contact can be removed, and the history says so. Operators get no right to delete: the function
-- notes in the same statement who has removed what, and why.

ALTER TABLE registry.contact_history
    ADD COLUMN act text NOT NULL DEFAULT 'stored' CHECK (act IN ('stored', 'removed'));
COMMENT ON TABLE registry.contact_history IS
    'Every contact as it was stored or removed, oldest first.';

CREATE FUNCTION registry.remove_contact(removed_party text, account text, why text)
    RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
    WITH gone AS (
        DELETE FROM contact WHERE party = removed_party RETURNING party, name, phone, email, hours
    ), noted AS (
        INSERT INTO contact_history
            (party, name, phone, email, hours, changed_by, reason, changed_at, act)
        SELECT gone.*, account, why, now(), 'removed' FROM gone RETURNING party
    )
    SELECT EXISTS (SELECT FROM noted)
$$;
REVOKE ALL ON FUNCTION registry.remove_contact(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.remove_contact(text, text, text) TO operator;
