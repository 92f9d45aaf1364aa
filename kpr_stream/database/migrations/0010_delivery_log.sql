-- What units have delivered, kept longer than the topics: receipts are deleted there after 400 days.
-- No table here holds a local id of a person or an item. A delivery's row is written from its receipt
-- and never changes. A delivery id is stored only in the form of a UUID, as the connectors make it:
-- another sender may have written anything there.

CREATE TABLE content.delivery (
    system text NOT NULL,
    org_nr text NOT NULL,
    municipality_code text,
    district_code text,
    message_type text NOT NULL,
    sequence bigint NOT NULL,
    attempt integer NOT NULL,
    delivery_id uuid,
    period_from date,
    period_to date,
    extracted_at timestamptz,
    received_at timestamptz NOT NULL,
    processed_at timestamptz,
    status text NOT NULL,
    reason text,
    cause text,
    resend text,
    unit_blocked boolean,
    expected_sequence bigint NOT NULL,
    notes text[] NOT NULL,
    item_count integer NOT NULL,
    accepted_items integer NOT NULL,
    corrected_items integer NOT NULL,
    deleted_items integer NOT NULL,
    duplicate_items integer NOT NULL,
    superseded_items integer NOT NULL,
    stale_items integer NOT NULL,
    rejected_items integer NOT NULL,
    software_version text,
    contract_version text,
    rule_set_version text NOT NULL,
    parts integer NOT NULL,
    delivery_partition integer NOT NULL,
    delivery_offset bigint NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (system, source_partition, source_offset, received_at)
);
CREATE INDEX delivery_unit ON content.delivery (org_nr, system, received_at);

CREATE TABLE content.delivery_finding (
    system text NOT NULL,
    org_nr text NOT NULL,
    received_at timestamptz NOT NULL,
    part integer NOT NULL,
    rule text NOT NULL,
    severity text,
    pointer text NOT NULL,
    items integer NOT NULL,
    delivery_partition integer NOT NULL,
    delivery_offset bigint NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (system, source_partition, source_offset, received_at, rule, pointer)
);
CREATE INDEX delivery_finding_unit ON content.delivery_finding (org_nr, system, received_at);

CREATE TABLE content.unit (
    org_nr text NOT NULL,
    system text NOT NULL,
    municipality_code text NOT NULL,
    next_sequence bigint NOT NULL,
    missing_sequences bigint NOT NULL,
    blocked_since timestamptz,
    blocked_reason text,
    software_version text,
    first_delivery_at timestamptz,
    last_delivery_at timestamptz NOT NULL,
    last_processed_at timestamptz,
    last_content_at timestamptz,
    paused_from date,
    paused_until date,
    agreed_from date,
    agreed_to date,
    counted_from bigint,
    deliveries bigint,
    empty_deliveries bigint,
    refused_attempts bigint,
    accepted_items bigint,
    corrected_items bigint,
    deleted_items bigint,
    duplicate_items bigint,
    superseded_items bigint,
    stale_items bigint,
    rejected_items bigint,
    covered_months text[] NOT NULL,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (org_nr, system)
);

CREATE TABLE content.quarantine_state (
    quarantine_id uuid NOT NULL,
    org_nr text NOT NULL,
    system text NOT NULL,
    state text NOT NULL,
    since timestamptz NOT NULL,
    rules text[] NOT NULL,
    message_type text NOT NULL,
    sequence bigint NOT NULL,
    software_version text,
    source_epoch integer NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (quarantine_id)
);
CREATE INDEX quarantine_state_unit ON content.quarantine_state (org_nr, system);

GRANT SELECT, INSERT, UPDATE, DELETE ON
    content.delivery, content.delivery_finding, content.unit, content.quarantine_state
    TO content_sink;

-- The views that people read, in a schema of their own: their readers need no right on content.
-- None shows an id of a delivery or of a rejected item.
CREATE SCHEMA reporting;
REVOKE ALL ON SCHEMA reporting FROM PUBLIC;

CREATE VIEW reporting.delivery WITH (security_barrier) AS SELECT
    system, org_nr, municipality_code, district_code, message_type, sequence, attempt, period_from,
    period_to, extracted_at, received_at, processed_at, status, reason, cause, resend, notes,
    item_count, accepted_items, corrected_items, deleted_items, duplicate_items, superseded_items,
    stale_items, rejected_items, software_version, contract_version, rule_set_version
FROM content.delivery;

CREATE VIEW reporting.finding WITH (security_barrier) AS SELECT
    f.system, f.org_nr, d.municipality_code, d.sequence, d.message_type, f.received_at, f.rule,
    max(f.severity) AS severity, f.pointer, sum(f.items) AS items
FROM content.delivery_finding AS f
JOIN content.delivery AS d ON d.system = f.system AND d.org_nr = f.org_nr
    AND d.received_at = f.received_at AND d.delivery_partition = f.delivery_partition
    AND d.delivery_offset = f.delivery_offset AND d.status = 'processed'
GROUP BY f.system, f.org_nr, d.municipality_code, d.sequence, d.message_type, f.received_at,
    f.rule, f.pointer;

CREATE VIEW reporting.unit WITH (security_barrier) AS SELECT
    org_nr, system, municipality_code, missing_sequences, blocked_since, blocked_reason,
    software_version, first_delivery_at, last_delivery_at, last_processed_at, last_content_at,
    paused_from, paused_until, agreed_from, agreed_to, deliveries, empty_deliveries,
    refused_attempts, accepted_items, corrected_items, deleted_items, duplicate_items,
    superseded_items, stale_items, rejected_items, covered_months
FROM content.unit;

CREATE VIEW reporting.rejected_item WITH (security_barrier) AS SELECT
    q.org_nr, q.system, u.municipality_code, q.state, q.since, q.rules, q.message_type,
    q.software_version
FROM content.quarantine_state AS q
JOIN content.unit AS u USING (org_nr, system);

-- A day is reported when the period of a processed delivery covers it. Days before 2017 and after the
-- day of receipt are left out: senders state the period, and no delivery covers a day to come. A view,
-- since a unit's few thousand days are counted faster than a table of millions of rows is maintained;
-- the rows of a day are found by the index below.
CREATE INDEX consultation_unit_day ON content.consultation (org_nr, system, date)
    WHERE status = 'live';
CREATE INDEX appointment_unit_day ON content.appointment (org_nr, system, date)
    WHERE status = 'live';

CREATE VIEW reporting.unit_day WITH (security_barrier) AS
SELECT reported.*,
    (SELECT count(*) FROM content.consultation AS c
        WHERE c.org_nr = reported.org_nr AND c.system = reported.system AND c.status = 'live'
            AND c.date = reported.day) AS consultations,
    (SELECT count(*) FROM content.appointment AS a
        WHERE a.org_nr = reported.org_nr AND a.system = reported.system AND a.status = 'live'
            AND a.date = reported.day) AS appointments
FROM (
    SELECT d.org_nr, d.system, (array_agg(d.municipality_code ORDER BY d.received_at DESC))[1]
            AS municipality_code,
        days.day::date AS day, count(*) AS deliveries,
        count(*) FILTER (WHERE d.item_count = 0) AS empty_deliveries,
        min(d.received_at) AS first_received_at, max(d.received_at) AS last_received_at
    FROM content.delivery AS d
    CROSS JOIN LATERAL generate_series(
        greatest(d.period_from, date '2017-01-01'),
        least(d.period_to, (d.received_at AT TIME ZONE 'Europe/Oslo')::date), interval '1 day'
    ) AS days (day)
    WHERE d.status = 'processed' AND d.period_from IS NOT NULL AND d.period_to IS NOT NULL
    GROUP BY d.org_nr, d.system, days.day
) AS reported;
