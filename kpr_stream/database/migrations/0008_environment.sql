-- Test or production: `kpr-stream migrate` writes the one row, and every process compares it with
-- KPR_ENVIRONMENT before it reads or writes anything else.
CREATE TABLE kpr.environment (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    name text NOT NULL CHECK (name IN ('test', 'production')),
    marked_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE kpr.environment IS 'What this database is: test or production. One row.';
GRANT USAGE ON SCHEMA kpr TO content_sink, identity_sink, analyst, operator;
GRANT SELECT ON kpr.environment TO content_sink, identity_sink, analyst, operator;
