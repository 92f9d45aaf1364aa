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
