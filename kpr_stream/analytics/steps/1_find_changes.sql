-- Find the keys, rows and persons that changed since the last refresh.
TRUNCATE analytics.touched_link_end, analytics.touched_key, analytics.touched_person,
    analytics.touched_group, analytics.touched_consultation, analytics.touched_appointment,
    analytics.touched_unit_month, analytics.touched_quarter, analytics.derived_consultation;

-- The index finds what is new only from positions that are rows, and the planner, which takes a third of
-- all records for new, would read them all.
CREATE TEMP TABLE begin_at ON COMMIT DROP AS TABLE analytics.source_start;
ANALYZE begin_at;
SET LOCAL enable_seqscan = off;
INSERT INTO analytics.touched_consultation
SELECT c.consultation_key
FROM begin_at s
JOIN content.consultation c ON c.source_partition = s.partition
    AND (c.source_epoch, c.source_offset) > (s.source_epoch, s.source_offset)
WHERE s.source = 'consultation'
UNION
SELECT key FROM analytics.removed WHERE source = 'consultation';

INSERT INTO analytics.touched_appointment
SELECT a.appointment_key
FROM begin_at s
JOIN content.appointment a ON a.source_partition = s.partition
    AND (a.source_epoch, a.source_offset) > (s.source_epoch, s.source_offset)
WHERE s.source = 'appointment'
UNION
SELECT key FROM analytics.removed WHERE source = 'appointment';

INSERT INTO analytics.touched_link_end
SELECT ends.person_key
FROM begin_at s
JOIN identity.identity_link l ON l.source_partition = s.partition
    AND (l.source_epoch, l.source_offset) > (s.source_epoch, s.source_offset)
CROSS JOIN LATERAL (VALUES (l.person_key), (l.other_key)) ends (person_key)
WHERE s.source = 'identity_link'
UNION
SELECT key FROM analytics.removed WHERE source = 'identity_link';

ANALYZE analytics.touched_consultation, analytics.touched_appointment, analytics.touched_link_end;

DELETE FROM analytics.link l USING analytics.touched_link_end e WHERE l.person_key = e.person_key;
DELETE FROM analytics.link l USING analytics.touched_link_end e WHERE l.other_key = e.person_key;
-- The condition is that of identity.person_link, which reads every link there is.
INSERT INTO analytics.link
SELECT least(l.person_key, l.other_key), greatest(l.person_key, l.other_key)
FROM (
    SELECT l.link_key, l.person_key, l.other_key, l.evidence, l.withdrawn
    FROM analytics.touched_link_end e JOIN identity.identity_link l ON l.person_key = e.person_key
    UNION
    SELECT l.link_key, l.person_key, l.other_key, l.evidence, l.withdrawn
    FROM analytics.touched_link_end e JOIN identity.identity_link l ON l.other_key = e.person_key
) l
GROUP BY 1, 2
HAVING bool_or(evidence <> 'operator' AND NOT withdrawn)
    AND NOT bool_or(evidence = 'operator' AND withdrawn)
ON CONFLICT DO NOTHING;

INSERT INTO analytics.touched_key
SELECT person_key FROM content.consultation
    JOIN analytics.touched_consultation USING (consultation_key)
    WHERE person_key IS NOT NULL
UNION
SELECT person_key FROM analytics.consultation_row
    JOIN analytics.touched_consultation USING (consultation_key)
    WHERE person_key IS NOT NULL
UNION
SELECT person_key FROM content.appointment
    JOIN analytics.touched_appointment USING (appointment_key)
    WHERE person_key IS NOT NULL
UNION
SELECT person_key FROM analytics.appointment_row
    JOIN analytics.touched_appointment USING (appointment_key)
    WHERE person_key IS NOT NULL
UNION
SELECT i.person_key
FROM begin_at s
JOIN identity.identity i ON i.source_partition = s.partition
    AND (i.source_epoch, i.source_offset) > (s.source_epoch, s.source_offset)
WHERE s.source = 'identity'
UNION
SELECT key FROM analytics.removed WHERE source = 'identity'
UNION
SELECT person_key FROM analytics.touched_link_end
UNION
SELECT person_key FROM changed_exclusion;

ANALYZE analytics.touched_key, analytics.link;

-- Everybody who is, or was at the last refresh, connected to a changed key. No other group can change.
INSERT INTO analytics.touched_key
WITH RECURSIVE connected AS (
    SELECT person_key FROM analytics.touched_key
    UNION
    SELECT near.person_key
    FROM connected c
    CROSS JOIN LATERAL (
        SELECT l.other_key FROM analytics.link l WHERE l.person_key = c.person_key
        UNION ALL
        SELECT l.person_key FROM analytics.link l WHERE l.other_key = c.person_key
        UNION ALL
        SELECT m.person_key
        FROM analytics.person_group g JOIN analytics.person_group m USING (group_key)
        WHERE g.person_key = c.person_key
    ) near (person_key)
)
SELECT person_key FROM connected
ON CONFLICT DO NOTHING;

ANALYZE analytics.touched_key;
SET LOCAL enable_seqscan = DEFAULT;
