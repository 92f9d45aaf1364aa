-- Which rows left the register for an analyst, for what purpose and when. A program writes the entry
-- before the first row leaves, and completes it afterwards: no rows without an entry.
--
-- Both tables are append-only: the completion is a row of its own. The functions below are the only
-- way in, and note the login of the session, which `SET ROLE` does not change.

CREATE TABLE analytics.disclosure_begun (
    disclosure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login name NOT NULL,
    begun_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('export', 'export_refresh', 'freeze', 'tail')),
    purpose text NOT NULL CHECK (length(btrim(purpose)) BETWEEN 1 AND 500),
    what text NOT NULL CHECK (length(what) BETWEEN 1 AND 500)
);
COMMENT ON TABLE analytics.disclosure_begun IS
    'Each time that rows were about to leave the register for an analyst. Append-only.';
COMMENT ON COLUMN analytics.disclosure_begun.disclosure_id IS 'Number of the entry.';
COMMENT ON COLUMN analytics.disclosure_begun.login IS 'Database login of the session.';
COMMENT ON COLUMN analytics.disclosure_begun.begun_at IS 'Time of the entry: before the first row.';
COMMENT ON COLUMN analytics.disclosure_begun.kind IS
    'export, export_refresh, freeze or tail: the command that asked.';
COMMENT ON COLUMN analytics.disclosure_begun.purpose IS 'Purpose in words, as the analyst gave it.';
COMMENT ON COLUMN analytics.disclosure_begun.what IS 'Which relations, filters or name of a freeze.';

CREATE TABLE analytics.disclosure_completed (
    disclosure_id bigint PRIMARY KEY REFERENCES analytics.disclosure_begun,
    completed_at timestamptz NOT NULL,
    row_count bigint NOT NULL CHECK (row_count >= 0),
    manifest_sha256 text CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$')
);
COMMENT ON TABLE analytics.disclosure_completed IS
    'The end of each disclosure that ended in order. Append-only.';
COMMENT ON COLUMN analytics.disclosure_completed.disclosure_id IS 'Number of the entry.';
COMMENT ON COLUMN analytics.disclosure_completed.completed_at IS 'When the last row had left.';
COMMENT ON COLUMN analytics.disclosure_completed.row_count IS 'Rows that left.';
COMMENT ON COLUMN analytics.disclosure_completed.manifest_sha256 IS
    'SHA-256 of the manifest of an export, in hexadecimal digits; null without a manifest.';

CREATE FUNCTION analytics.refuse_change() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Rows of %.% are never changed or deleted.', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION analytics.refuse_change() IS
    'Keeps a table append-only, also for its owner.';

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON analytics.disclosure_begun
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON analytics.disclosure_completed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.refuse_change();

CREATE FUNCTION analytics.begin_disclosure(kind text, purpose text, what text) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = analytics, pg_temp
BEGIN ATOMIC
    INSERT INTO analytics.disclosure_begun (login, begun_at, kind, purpose, what)
    VALUES (session_user, clock_timestamp(), kind, purpose, what)
    RETURNING disclosure_id;
END;
COMMENT ON FUNCTION analytics.begin_disclosure(text, text, text) IS
    'Write the entry of a disclosure before its first row leaves; the number of the entry.';

CREATE FUNCTION analytics.complete_disclosure(entry bigint, row_count bigint, manifest_sha256 text)
    RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = analytics, pg_temp
BEGIN ATOMIC
    INSERT INTO analytics.disclosure_completed
    SELECT b.disclosure_id, clock_timestamp(), $2, $3
    FROM analytics.disclosure_begun b
    WHERE b.disclosure_id = $1 AND b.login = session_user
    RETURNING true;
END;
COMMENT ON FUNCTION analytics.complete_disclosure(bigint, bigint, text) IS
    'Complete an entry of the same login, once; null if the login has no entry of this number.';

CREATE VIEW analytics.disclosure WITH (security_barrier) AS
SELECT b.disclosure_id, b.login, b.kind, b.purpose, b.what, b.begun_at, c.completed_at, c.row_count,
    c.manifest_sha256
FROM analytics.disclosure_begun b
LEFT JOIN analytics.disclosure_completed c USING (disclosure_id);
COMMENT ON VIEW analytics.disclosure IS
    'Which rows left the register for an analyst. An entry without completed_at: the command was '
    'interrupted, and rows may have left.';
COMMENT ON COLUMN analytics.disclosure.disclosure_id IS 'Number of the entry.';
COMMENT ON COLUMN analytics.disclosure.login IS 'Database login of the session.';
COMMENT ON COLUMN analytics.disclosure.kind IS
    'export, export_refresh, freeze or tail: the command that asked.';
COMMENT ON COLUMN analytics.disclosure.purpose IS 'Purpose in words, as the analyst gave it.';
COMMENT ON COLUMN analytics.disclosure.what IS 'Which relations, filters or name of a freeze.';
COMMENT ON COLUMN analytics.disclosure.begun_at IS 'Time of the entry: before the first row.';
COMMENT ON COLUMN analytics.disclosure.completed_at IS
    'When the last row had left; null if the command did not end in order.';
COMMENT ON COLUMN analytics.disclosure.row_count IS 'Rows that left; null until completed.';
COMMENT ON COLUMN analytics.disclosure.manifest_sha256 IS
    'SHA-256 of the manifest of an export, in hexadecimal digits.';

-- What rows of analysts are made from: an export states both.
CREATE VIEW analytics.last_refresh WITH (security_barrier) AS
SELECT as_of, refreshed_at, reference_version FROM analytics.refresh;
COMMENT ON VIEW analytics.last_refresh IS
    'The last refresh of this schema: one row, or none before the first.';
COMMENT ON COLUMN analytics.last_refresh.as_of IS 'The day that counts as today.';
COMMENT ON COLUMN analytics.last_refresh.refreshed_at IS 'When the refresh began.';
COMMENT ON COLUMN analytics.last_refresh.reference_version IS
    'Version of the reference data that the rows are made with.';

CREATE VIEW analytics.source_position WITH (security_barrier) AS
SELECT source, partition, source_epoch, source_offset FROM analytics.source_mark;
COMMENT ON VIEW analytics.source_position IS
    'The last record of each partition that the last refresh has read.';
COMMENT ON COLUMN analytics.source_position.source IS
    'consultation, appointment, identity or identity_link: the end of the name of the topic.';
COMMENT ON COLUMN analytics.source_position.partition IS 'Partition of the topic.';
COMMENT ON COLUMN analytics.source_position.source_epoch IS
    'Counts the logs of the topic: 1, and one more each time the topic was made again.';
COMMENT ON COLUMN analytics.source_position.source_offset IS 'Offset of the record.';

-- One month of rows is read without the others. The expressions are those of the views' column month.
CREATE INDEX consultation_row_shown_month ON analytics.consultation_row (
    analytics.month_of(CASE WHEN date BETWEEN birth_week AND birth_week + 6 THEN birth_week + 6
        ELSE date END)
);
CREATE INDEX appointment_row_shown_month ON analytics.appointment_row (
    analytics.month_of(CASE WHEN date BETWEEN birth_week AND birth_week + 6 THEN birth_week + 6
        ELSE date END)
);

REVOKE EXECUTE ON FUNCTION analytics.refuse_change(),
    analytics.begin_disclosure(text, text, text),
    analytics.complete_disclosure(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.begin_disclosure(text, text, text),
    analytics.complete_disclosure(bigint, bigint, text) TO analyst;
GRANT SELECT ON analytics.last_refresh, analytics.source_position TO analyst;
GRANT USAGE ON SCHEMA analytics TO operator, privacy;
GRANT SELECT ON analytics.disclosure TO operator, privacy;
