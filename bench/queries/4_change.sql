-- What the sinks write when units correct {number} consultations of the last four weeks: the rows, a
-- version of each, and the delivery of each unit.
CREATE TEMP TABLE picked AS
SELECT c.consultation_key, c.org_nr, c.system, c.source_partition,
    row_number() OVER (PARTITION BY c.source_partition ORDER BY c.consultation_key) AS n
FROM (
    SELECT c.* FROM content.consultation c
    WHERE c.date > date '{last}' - 28 AND c.status = 'live' AND EXISTS (
        SELECT FROM content.delivery d WHERE d.org_nr = c.org_nr AND d.system = c.system
            AND d.received_at >= timestamptz '{last}' - interval '60 days'
    )
    ORDER BY md5(consultation_key::text || {number}) LIMIT {number}
) c;
CREATE TEMP TABLE delivered AS
SELECT d.*, row_number() OVER (PARTITION BY d.source_partition ORDER BY d.org_nr) AS n
FROM (
    SELECT DISTINCT ON (org_nr, system) * FROM content.delivery
    WHERE (org_nr, system) IN (SELECT org_nr, system FROM picked)
        AND received_at >= timestamptz '{last}' - interval '60 days'
    ORDER BY org_nr, system, sequence DESC
) d;
CREATE TEMP TABLE last AS
SELECT p.partition,
    (SELECT max(source_offset) FROM content.consultation WHERE source_partition = p.partition)
        AS consultation_offset,
    (SELECT max(source_offset) FROM content.delivery WHERE source_partition = p.partition)
        AS delivery_offset
FROM generate_series(0, 7) AS p (partition);

UPDATE content.consultation c SET weight_g = c.weight_g + 1, sequence = d.sequence + 1,
    extracted_at = d.extracted_at + interval '1 day', received_at = d.received_at + interval '1 day',
    source_offset = l.consultation_offset + p.n
FROM picked p
JOIN delivered d ON d.org_nr = p.org_nr AND d.system = p.system
JOIN last l ON l.partition = p.source_partition
WHERE c.consultation_key = p.consultation_key;
INSERT INTO content.consultation_version
SELECT c.*, 0, c.received_at FROM picked JOIN content.consultation c USING (consultation_key);

UPDATE delivered d SET sequence = d.sequence + 1, expected_sequence = d.expected_sequence + 1,
    period_from = d.period_from + 1, period_to = d.period_to + 1,
    extracted_at = d.extracted_at + interval '1 day', received_at = d.received_at + interval '1 day',
    processed_at = d.processed_at + interval '1 day', delivery_offset = l.delivery_offset + d.n,
    source_offset = l.delivery_offset + d.n
FROM last l WHERE l.partition = d.source_partition;
ALTER TABLE delivered DROP COLUMN n;
INSERT INTO content.delivery TABLE delivered;
DROP TABLE picked, delivered, last;
