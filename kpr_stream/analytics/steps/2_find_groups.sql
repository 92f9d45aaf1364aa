-- Note the groups that touched persons were in, and those that they are in now.
INSERT INTO analytics.touched_group
SELECT g.group_key FROM analytics.person_group g JOIN analytics.touched_key USING (person_key)
UNION
SELECT group_key FROM analytics.touched_person;

ANALYZE analytics.touched_person, analytics.touched_group;
