-- Store the touched persons and groups, and touch every row that shows something of them.
CREATE TEMP TABLE new_person ON COMMIT DROP AS
SELECT group_key, max(birth_week) AS birth_week, max(sex) AS sex, bool_or(seen) AS seen
FROM analytics.touched_person GROUP BY group_key;

CREATE TEMP TABLE changed_key ON COMMIT DROP AS
SELECT n.person_key
FROM analytics.touched_person n
JOIN new_person np USING (group_key)
LEFT JOIN analytics.person_group g ON g.person_key = n.person_key
LEFT JOIN analytics.person p ON p.group_key = g.group_key
WHERE (g.group_key, g.id_kind, p.birth_week, p.sex)
    IS DISTINCT FROM (n.group_key, n.id_kind, np.birth_week, np.sex);

ANALYZE changed_key;

-- Rows of a person whose reservations have changed show more or less than before.
CREATE TEMP TABLE changed_group ON COMMIT DROP AS
SELECT DISTINCT group_key FROM changed_exclusion JOIN analytics.touched_person USING (person_key);

INSERT INTO changed_key
SELECT n.person_key FROM changed_group JOIN analytics.touched_person n USING (group_key);

INSERT INTO analytics.touched_consultation
SELECT c.consultation_key FROM changed_key JOIN content.consultation c USING (person_key)
WHERE c.status = 'live'
ON CONFLICT DO NOTHING;

INSERT INTO analytics.touched_appointment
SELECT a.appointment_key FROM changed_key JOIN content.appointment a USING (person_key)
WHERE a.status = 'live'
ON CONFLICT DO NOTHING;

DELETE FROM analytics.person_group g USING analytics.touched_key t
WHERE g.person_key = t.person_key;
INSERT INTO analytics.person_group
SELECT n.person_key, n.group_key, n.id_kind, n.birth_week, n.sex
FROM analytics.touched_person n
WHERE n.seen
    OR EXISTS (SELECT FROM analytics.link l WHERE l.person_key = n.person_key)
    OR EXISTS (SELECT FROM analytics.link l WHERE l.other_key = n.person_key);

DELETE FROM analytics.person p USING analytics.touched_group t WHERE p.group_key = t.group_key;
INSERT INTO analytics.person
SELECT group_key, birth_week, sex FROM new_person n
WHERE seen AND NOT EXISTS (
    SELECT FROM analytics.excluded_group e WHERE e.group_key = n.group_key AND e.kind = 'erased'
);

INSERT INTO analytics.place (org_nr, municipality_code, district_code)
SELECT org_nr, municipality_code, district_code
FROM content.consultation JOIN analytics.touched_consultation USING (consultation_key)
WHERE status = 'live'
UNION
SELECT org_nr, municipality_code, NULL
FROM content.appointment JOIN analytics.touched_appointment USING (appointment_key)
WHERE status = 'live'
ON CONFLICT DO NOTHING;

ANALYZE analytics.touched_consultation, analytics.touched_appointment, analytics.person_group,
    analytics.person, analytics.place;
