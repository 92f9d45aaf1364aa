-- Question (a): contacts, persons and time as separate measures, and attendance.

CREATE TABLE analytics.activity_cell (
    org_nr text NOT NULL,
    month date NOT NULL,
    place_id integer NOT NULL,
    service text,
    contact_form text,
    contacts integer NOT NULL,
    persons integer NOT NULL,
    contacts_without_person integer NOT NULL,
    minutes double precision NOT NULL,
    contacts_without_duration integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (org_nr, month, place_id, service, contact_form)
);
CREATE INDEX activity_cell_place ON analytics.activity_cell (place_id, month);

CREATE VIEW analytics.activity_part AS
SELECT r.org_nr, r.month, r.place_id, r.service, r.contact_form,
    count(*)::int AS contacts,
    count(DISTINCT r.group_key)::int AS persons,
    count(*) FILTER (WHERE r.group_key IS NULL)::int AS contacts_without_person,
    coalesce(sum(r.minutes), 0) AS minutes,
    count(*) FILTER (WHERE r.minutes IS NULL)::int AS contacts_without_duration
FROM analytics.touched_unit_month
JOIN analytics.consultation_row r USING (org_nr, month)
WHERE r.attendance = 'MOTT' AND r.service IS DISTINCT FROM 'HFU'
GROUP BY 1, 2, 3, 4, 5;

-- Health stations for youth: never below municipality and quarter.
CREATE TABLE analytics.youth_cell (
    quarter date NOT NULL,
    municipality_code text,
    current_municipality_code text,
    contacts integer NOT NULL,
    persons integer NOT NULL,
    contacts_without_person integer NOT NULL,
    minutes double precision NOT NULL,
    contacts_without_duration integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (quarter, municipality_code, current_municipality_code)
);
CREATE INDEX consultation_row_youth ON analytics.consultation_row (month) WHERE service = 'HFU';

CREATE FUNCTION analytics.quarter_of(day date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT make_date(extract(year FROM day)::int,
        (extract(quarter FROM day)::int - 1) * 3 + 1, 1) $$;

CREATE UNLOGGED TABLE analytics.touched_quarter (quarter date PRIMARY KEY);

CREATE VIEW analytics.youth_part AS
SELECT t.quarter, p.municipality_code, p.current_municipality_code,
    count(*)::int AS contacts,
    count(DISTINCT r.group_key)::int AS persons,
    count(*) FILTER (WHERE r.group_key IS NULL)::int AS contacts_without_person,
    coalesce(sum(r.minutes), 0) AS minutes,
    count(*) FILTER (WHERE r.minutes IS NULL)::int AS contacts_without_duration
FROM analytics.touched_quarter t
JOIN analytics.consultation_row r
    ON r.month >= t.quarter AND r.month < t.quarter + interval '3 months'
JOIN analytics.place p USING (place_id)
WHERE r.attendance = 'MOTT' AND r.service = 'HFU'
GROUP BY 1, 2, 3;

CREATE VIEW analytics.activity WITH (security_barrier) AS
SELECT c.service, c.contact_form, c.org_nr, p.municipality_code, p.current_municipality_code,
    p.current_county_code, c.month AS period, 1 AS period_months, c.contacts, c.persons,
    c.contacts_without_person, c.minutes, c.contacts_without_duration
FROM analytics.activity_cell c
JOIN analytics.place p USING (place_id)
UNION ALL
SELECT 'HFU', NULL, NULL, c.municipality_code, c.current_municipality_code, m.county_code,
    c.quarter, 3, c.contacts, c.persons, c.contacts_without_person, c.minutes,
    c.contacts_without_duration
FROM analytics.youth_cell c
LEFT JOIN reference.municipality m ON m.code = c.current_municipality_code;

COMMENT ON VIEW analytics.activity IS
    'Question (a): attended consultations by service, contact form, unit, municipality (as it was, '
    'and today) and month. HFU: by municipality and quarter alone.';
COMMENT ON COLUMN analytics.activity.period IS 'First day of the month, or of the quarter (HFU).';
COMMENT ON COLUMN analytics.activity.period_months IS '1 for a month, 3 for a quarter.';
COMMENT ON COLUMN analytics.activity.persons IS
    'Different persons within the cell. Never add them up: a person may be in several cells.';
COMMENT ON COLUMN analytics.activity.minutes IS
    'Working time: sum of duration x number of roles / group size, over contacts with a duration.';
COMMENT ON COLUMN analytics.activity.contacts_without_duration IS
    'Contacts that are in contacts and not in minutes.';

CREATE TABLE analytics.attendance_cell (
    org_nr text NOT NULL,
    month date NOT NULL,
    place_id integer NOT NULL,
    consultation_type text,
    appointments integer NOT NULL,
    attended integer NOT NULL,
    not_attended integer NOT NULL,
    cancelled_by_user integer NOT NULL,
    cancelled_by_service integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (org_nr, month, place_id, consultation_type)
);

CREATE VIEW analytics.attendance_part AS
SELECT r.org_nr, r.month, r.place_id, r.consultation_type,
    count(*)::int AS appointments,
    count(*) FILTER (WHERE r.attendance = 'MOTT')::int AS attended,
    count(*) FILTER (WHERE r.attendance = 'IKKE_MOTT')::int AS not_attended,
    count(*) FILTER (WHERE r.attendance = 'AVBESTILT_AV_BRUKER')::int AS cancelled_by_user,
    count(*) FILTER (WHERE r.attendance = 'AVLYST_AV_TJENESTEN')::int AS cancelled_by_service
FROM analytics.touched_unit_month
JOIN analytics.appointment_row r USING (org_nr, month)
GROUP BY 1, 2, 3, 4;

-- An appointment names no service, so the unit decides what is a health station for youth.
CREATE VIEW analytics.attendance WITH (security_barrier) AS
SELECT c.consultation_type, c.org_nr, p.municipality_code, p.current_municipality_code,
    p.current_county_code, c.month AS period, 1 AS period_months, c.appointments, c.attended,
    c.not_attended, c.cancelled_by_user, c.cancelled_by_service
FROM analytics.attendance_cell c
JOIN analytics.place p USING (place_id)
JOIN analytics.unit u ON u.org_nr = c.org_nr AND NOT u.only_youth
UNION ALL
SELECT NULL, NULL, p.municipality_code, p.current_municipality_code, p.current_county_code,
    analytics.quarter_of(c.month), 3, sum(c.appointments)::int, sum(c.attended)::int,
    sum(c.not_attended)::int, sum(c.cancelled_by_user)::int, sum(c.cancelled_by_service)::int
FROM analytics.attendance_cell c
JOIN analytics.place p USING (place_id)
JOIN analytics.unit u ON u.org_nr = c.org_nr AND u.only_youth
GROUP BY 3, 4, 5, 6;

COMMENT ON VIEW analytics.attendance IS
    'Question (a): appointments by what became of them. A unit that is a health station for youth '
    'alone: by municipality and quarter. Share not attended: not_attended / (attended + '
    'not_attended).';
COMMENT ON COLUMN analytics.attendance.appointments IS 'All, planned and unknown ones too.';
