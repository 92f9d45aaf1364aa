-- One pseudonymous person for each group of linked person keys, and what a refresh has read so far.
-- `kpr-stream analytics refresh` fills this schema as kpr_owner; analysts see views of it alone.

CREATE SCHEMA analytics;
REVOKE ALL ON SCHEMA analytics FROM PUBLIC;

CREATE TABLE analytics.refresh (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    as_of date NOT NULL,
    rows_digest text NOT NULL,
    reference_version text NOT NULL,
    refreshed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE analytics.refresh IS
    'The last refresh: the day it counts as today, and the reference data that its rows are made of.';

CREATE TABLE analytics.source_mark (
    source text NOT NULL,
    partition integer NOT NULL,
    source_epoch integer NOT NULL,
    source_offset bigint NOT NULL,
    PRIMARY KEY (source, partition)
);
COMMENT ON TABLE analytics.source_mark IS
    'The last row of each partition of a mirrored topic that a refresh has read.';

CREATE TABLE analytics.removed (source text NOT NULL, key uuid NOT NULL);
COMMENT ON TABLE analytics.removed IS
    'Keys of mirrored rows that were deleted (erased, or absent after a rebuild) since the refresh.';

-- A row that is gone has no position by which a refresh could find it.
CREATE FUNCTION analytics.note_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = analytics, pg_temp AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        EXECUTE format(
            'INSERT INTO analytics.removed SELECT %L, %I FROM removed_rows', TG_TABLE_NAME, name
        );
    END LOOP;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION analytics.note_removed() FROM PUBLIC;

CREATE TRIGGER note_removed AFTER DELETE ON content.consultation
    REFERENCING OLD TABLE AS removed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.note_removed('consultation_key');
CREATE TRIGGER note_removed AFTER DELETE ON content.appointment
    REFERENCING OLD TABLE AS removed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.note_removed('appointment_key');
CREATE TRIGGER note_removed AFTER DELETE ON identity.identity
    REFERENCING OLD TABLE AS removed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.note_removed('person_key');
CREATE TRIGGER note_removed AFTER DELETE ON identity.identity_link
    REFERENCING OLD TABLE AS removed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics.note_removed('person_key', 'other_key');

-- A refresh finds what is new in a partition without reading the rest.
CREATE INDEX consultation_source
    ON content.consultation (source_partition, source_epoch, source_offset);
CREATE INDEX appointment_source
    ON content.appointment (source_partition, source_epoch, source_offset);
CREATE INDEX identity_source
    ON identity.identity (source_partition, source_epoch, source_offset);
CREATE INDEX identity_link_source
    ON identity.identity_link (source_partition, source_epoch, source_offset);

CREATE VIEW analytics.source_start AS
SELECT s.source, p.partition,
    coalesce(m.source_epoch, -1) AS source_epoch, coalesce(m.source_offset, -1) AS source_offset
FROM unnest('{consultation,appointment,identity,identity_link}'::text[]) s (source)
CROSS JOIN generate_series(0, 7) p (partition)
LEFT JOIN analytics.source_mark m USING (source, partition);
COMMENT ON VIEW analytics.source_start IS 'Where a refresh begins in each of the eight lanes.';

CREATE FUNCTION analytics.week_of(day date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT day - (extract(isodow FROM day)::int - 1) $$;
COMMENT ON FUNCTION analytics.week_of(date) IS 'The Monday of the ISO week of a day.';

CREATE FUNCTION analytics.completed_months(day date, born date) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((extract(year FROM day) - extract(year FROM born)) * 12
        + extract(month FROM day) - extract(month FROM born))::int
        - (extract(day FROM day) < extract(day FROM born))::int
$$;

CREATE FUNCTION analytics.month_of(day date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT day - (extract(day FROM day)::int - 1) $$;
COMMENT ON FUNCTION analytics.month_of(date) IS 'The first day of the month of a day.';

CREATE TABLE analytics.link (
    person_key uuid NOT NULL,
    other_key uuid NOT NULL,
    PRIMARY KEY (person_key, other_key)
);
CREATE INDEX link_other ON analytics.link (other_key);
COMMENT ON TABLE analytics.link IS
    'The links of identity.standing_link at the last refresh, the lesser key first.';

CREATE TABLE analytics.person_group (
    person_key uuid PRIMARY KEY,
    group_key uuid NOT NULL,
    id_kind text,
    birth_week date,
    sex text
);
CREATE INDEX person_group_group ON analytics.person_group (group_key);
COMMENT ON TABLE analytics.person_group IS
    'The group of each person key: one person. id_kind, birth_week and sex are those of the key.';

CREATE TABLE analytics.person (
    group_key uuid PRIMARY KEY,
    birth_week date,
    sex text
);
COMMENT ON TABLE analytics.person IS
    'Persons that some live row names. birth_week is the Monday of the ISO week of birth.';

CREATE TABLE analytics.excluded_person (
    person_key uuid NOT NULL,
    kind text NOT NULL,
    from_date date NOT NULL,
    until_date date,
    PRIMARY KEY (person_key, kind, from_date)
);
COMMENT ON TABLE analytics.excluded_person IS
    'Persons who have reserved a kind of data, from a day until before another. Seen by the owner '
    'alone; they leave numerator and denominator.';

CREATE VIEW analytics.excluded_group AS
SELECT g.group_key, e.kind, e.from_date, e.until_date
FROM analytics.excluded_person e JOIN analytics.person_group g USING (person_key);

-- Work of one refresh: emptied when it begins. A crash of the server empties them too.
CREATE UNLOGGED TABLE analytics.touched_link_end (person_key uuid PRIMARY KEY);
CREATE UNLOGGED TABLE analytics.touched_key (person_key uuid PRIMARY KEY);
CREATE UNLOGGED TABLE analytics.touched_person (
    person_key uuid PRIMARY KEY,
    group_key uuid,
    id_kind text,
    birth_week date,
    sex text,
    seen boolean NOT NULL
);
CREATE UNLOGGED TABLE analytics.touched_group (group_key uuid PRIMARY KEY);
CREATE UNLOGGED TABLE analytics.touched_consultation (consultation_key uuid PRIMARY KEY);
CREATE UNLOGGED TABLE analytics.touched_appointment (appointment_key uuid PRIMARY KEY);
CREATE UNLOGGED TABLE analytics.touched_unit_month (
    org_nr text NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (org_nr, month)
);

-- What live rows and sealed identities state of each touched key. The most frequent week and sex
-- count, so that one mistyped birth date changes nothing.
CREATE VIEW analytics.touched_key_facts AS
SELECT t.person_key,
    (SELECT min(i.id_kind) FROM identity.identity i WHERE i.person_key = t.person_key) AS id_kind,
    f.birth_week, f.sex, f.seen
FROM analytics.touched_key t
CROSS JOIN LATERAL (
    SELECT mode() WITHIN GROUP (ORDER BY analytics.week_of(r.date - r.age_days)) AS birth_week,
        mode() WITHIN GROUP (ORDER BY r.sex) AS sex,
        count(*) > 0 AS seen
    FROM (
        SELECT c.date, c.age_days, c.sex FROM content.consultation c
        WHERE c.status = 'live' AND c.person_key = t.person_key
        UNION ALL
        SELECT a.date, a.age_days, a.sex FROM content.appointment a
        WHERE a.status = 'live' AND a.person_key = t.person_key
    ) r
) f;
