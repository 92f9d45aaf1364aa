-- Question (b): are children followed up as the guideline says. Two shares that are never mixed.

CREATE TABLE analytics.follow_up_cell (
    code text NOT NULL,
    birth_month date NOT NULL,
    place_id integer NOT NULL,
    sex text,
    children integer NOT NULL,
    on_time integer NOT NULL,
    early integer NOT NULL,
    late integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (code, birth_month, place_id, sex)
);
CREATE INDEX follow_up_cell_empty ON analytics.follow_up_cell (code) WHERE children = 0;
CREATE INDEX follow_up_cell_place ON analytics.follow_up_cell (place_id);
COMMENT ON TABLE analytics.follow_up_cell IS
    'Children by indicator, month of birth (of the Thursday of the week), place and sex.';

-- Days count from the Thursday of the week of birth. The steps have the limits of the programme in
-- force. The last four are KOSTRA's as far as the data have them: a home visit can only be counted
-- from the birth, because coming home is not always known.
CREATE VIEW analytics.follow_up_rule AS
SELECT p.code, p.code AS step, p.on_time_from_days AS from_days, p.on_time_to_days AS to_days,
    p.window_from_days AS known_from_days, p.window_to_days AS known_to_days,
    p.target_age_days, p.grade, p.valid_from, p.valid_to
FROM reference.programme_step p
WHERE p.in_14_programme OR p.grade IS NOT NULL
UNION ALL
SELECT k.code, k.step, -3, k.to_days, p.window_from_days, k.to_days, p.target_age_days, NULL,
    p.valid_from, p.valid_to
FROM (VALUES
    ('home_visit_by_day_20', 'HJEMMEBESOK', 20), ('six_weeks_by_day_55', 'UKE_6', 55),
    ('two_years_before_3', 'AR_2', 1095), ('four_years_before_5', 'AR_4', 1825)
) k (code, step, to_days)
JOIN reference.programme_step p ON p.code = k.step;

CREATE FUNCTION analytics.school_year_begins(born date, grade integer) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT make_date(extract(year FROM born)::int + 5 + grade, 8, 1) $$;
COMMENT ON FUNCTION analytics.school_year_begins(date, integer) IS
    'First day of the school year of a grade: a child begins in the year in which it turns six.';

-- A child belongs to the place that reported it last before the window ends, and leaves that place
-- when another one reports it. A child that is first seen within 91 days after the window belongs to
-- the place that saw it first: without these, only those who came would be counted in the first weeks.
CREATE VIEW analytics.follow_up_part AS
SELECT d.code, analytics.month_of(d.born) AS birth_month, seen.place_id, d.sex,
    count(*)::int AS children,
    count(*) FILTER (WHERE seen.on_time)::int AS on_time,
    count(*) FILTER (WHERE seen.early AND NOT seen.on_time)::int AS early,
    count(*) FILTER (WHERE seen.late AND NOT seen.early AND NOT seen.on_time)::int AS late
FROM (
    SELECT c.*, r.code, r.step,
        CASE WHEN r.grade IS NULL THEN c.born + r.from_days
            ELSE analytics.school_year_begins(c.born, r.grade) END AS first_day,
        CASE WHEN r.grade IS NULL THEN c.born + r.to_days
            ELSE analytics.school_year_begins(c.born, r.grade + 1) - 1 END AS last_day,
        CASE WHEN r.grade IS NULL THEN c.born + r.known_to_days
            ELSE analytics.school_year_begins(c.born, r.grade + 1) - 1 END AS window_end
    FROM (
        SELECT p.group_key, p.birth_week, p.birth_week + 3 AS born, p.sex,
            (SELECT min(v.date) FROM analytics.consultation_row v
                WHERE v.group_key = p.group_key AND v.date >= p.birth_week
                AND v.attendance = 'MOTT' AND v.service = 'HELSESTASJON_0_5') AS first_visit
        FROM analytics.touched_group JOIN analytics.person p USING (group_key)
        WHERE p.birth_week IS NOT NULL
    ) c
    JOIN analytics.follow_up_rule r ON
        CASE WHEN r.grade IS NULL THEN c.born + r.target_age_days
            ELSE analytics.school_year_begins(c.born, r.grade) END
        BETWEEN r.valid_from AND coalesce(r.valid_to - 1, 'infinity')
) d
CROSS JOIN LATERAL (
    SELECT
        coalesce(
            (array_agg(v.place_id ORDER BY v.date DESC, v.consultation_key DESC)
                FILTER (WHERE v.date <= d.window_end))[1],
            (array_agg(v.place_id ORDER BY v.date, v.consultation_key)
                FILTER (WHERE v.date > d.window_end AND v.date <= d.window_end + 91))[1]
        ) AS place_id,
        coalesce(bool_or(done.counts AND v.date BETWEEN d.first_day AND d.last_day), false)
            AS on_time,
        coalesce(bool_or(done.counts AND v.date < d.first_day), false) AS early,
        coalesce(bool_or(done.counts AND v.date > d.last_day), false) AS late
    FROM analytics.consultation_row v
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.code = 'home_visit_by_day_20'
            THEN v.date = d.first_visit AND v.service = 'HELSESTASJON_0_5'
                AND v.consultation_type = 'HJEMMEBESOK'
                AND 'HELSESYKEPLEIER' = ANY (v.practitioner_roles)
            ELSE v.programme_step = d.step END AS counts
    ) done
    WHERE v.group_key = d.group_key AND v.date >= d.birth_week AND v.attendance = 'MOTT'
        AND v.service IN ('HELSESTASJON_0_5', 'SKOLEHELSETJENESTE')
) seen
WHERE seen.place_id IS NOT NULL
GROUP BY 1, 2, 3, 4;

-- Months in which a municipality of today has reported any contact.
CREATE TABLE analytics.reported_month (
    current_municipality_code text NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (current_municipality_code, month)
);
CREATE INDEX reported_month_month ON analytics.reported_month (month);
CREATE INDEX activity_cell_month ON analytics.activity_cell (month);

CREATE TABLE analytics.reporting_span (
    current_municipality_code text PRIMARY KEY,
    first_month date NOT NULL,
    last_month date NOT NULL
);
CREATE TABLE analytics.reporting_hole (
    current_municipality_code text NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (current_municipality_code, month)
);
COMMENT ON TABLE analytics.reporting_hole IS
    'Months without any contact between a municipality''s first and last month with one.';

-- A window is closed a month after the last day on which the youngest child of the month can become
-- known: reports come daily, and a correction may be late.
CREATE VIEW analytics.follow_up_window AS
SELECT b.code, b.birth_month, w.first_day, w.last_day,
    w.last_day + 31 <= (SELECT as_of FROM analytics.refresh) AS closed
FROM (SELECT DISTINCT code, birth_month FROM analytics.follow_up_cell) b
JOIN analytics.follow_up_rule r ON r.code = b.code
CROSS JOIN LATERAL (
    SELECT (b.birth_month + interval '1 month')::date - 1 AS month_end
) m
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN r.grade IS NULL THEN b.birth_month + r.known_from_days
            ELSE analytics.school_year_begins(b.birth_month, r.grade) END AS first_day,
        CASE WHEN r.grade IS NULL THEN m.month_end + greatest(r.to_days, r.known_to_days)
            ELSE analytics.school_year_begins(b.birth_month, r.grade + 1) - 1 END + 91 AS last_day,
        CASE WHEN r.grade IS NULL THEN m.month_end + r.target_age_days
            ELSE analytics.school_year_begins(b.birth_month, r.grade) END AS due
) w
WHERE w.due BETWEEN r.valid_from AND coalesce(r.valid_to - 1, 'infinity');
COMMENT ON VIEW analytics.follow_up_window IS
    'From the first day of the oldest child''s window to the last on which the youngest can become '
    'known, by indicator and month of birth.';

CREATE VIEW analytics.follow_up_counted AS
SELECT c.code, extract(year FROM c.birth_month)::int AS birth_year, c.sex,
    p.municipality_code, p.current_municipality_code, p.current_county_code,
    CASE
        WHEN NOT coalesce(w.closed, false) THEN 'open'
        WHEN w.first_day >= span.first_month
            AND w.last_day < span.last_month + interval '1 month'
            AND NOT EXISTS (
                SELECT FROM analytics.reporting_hole h
                WHERE h.current_municipality_code = p.current_municipality_code
                    AND h.month BETWEEN analytics.month_of(w.first_day) AND w.last_day
            ) THEN 'counted'
        ELSE 'unreported'
    END AS state,
    c.children, c.on_time, c.early, c.late
FROM analytics.follow_up_cell c
JOIN analytics.place p USING (place_id)
LEFT JOIN analytics.follow_up_window w USING (code, birth_month)
LEFT JOIN analytics.reporting_span span USING (current_municipality_code);

CREATE VIEW analytics.adherence_known WITH (security_barrier) AS
SELECT code, birth_year, sex, municipality_code, current_municipality_code, current_county_code,
    coalesce(sum(children) FILTER (WHERE state = 'counted'), 0)::int AS children,
    coalesce(sum(on_time) FILTER (WHERE state = 'counted'), 0)::int AS on_time,
    coalesce(sum(early) FILTER (WHERE state = 'counted'), 0)::int AS early,
    coalesce(sum(late) FILTER (WHERE state = 'counted'), 0)::int AS late,
    coalesce(sum(children) FILTER (WHERE state = 'open'), 0)::int AS children_window_open,
    coalesce(sum(children) FILTER (WHERE state = 'unreported'), 0)::int
        AS children_without_reporting
FROM analytics.follow_up_counted
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW analytics.adherence_known IS
    'Question (b), of the children who were seen at least once: by programme step or indicator, '
    'birth year, sex and municipality. Share: on_time / children.';
COMMENT ON COLUMN analytics.adherence_known.code IS
    'A step of the programme, or home_visit_by_day_20, six_weeks_by_day_55, two_years_before_3, '
    'four_years_before_5.';
COMMENT ON COLUMN analytics.adherence_known.children IS
    'Children that this municipality was the last to report before the end of the window, or '
    'the first within 91 days after it.';
COMMENT ON COLUMN analytics.adherence_known.on_time IS 'With the step within its limits.';
COMMENT ON COLUMN analytics.adherence_known.early IS 'With the step, only before the limits.';
COMMENT ON COLUMN analytics.adherence_known.late IS 'With the step, only after the limits.';
COMMENT ON COLUMN analytics.adherence_known.children_window_open IS
    'Left out: born in a month whose windows are not closed yet (31 days after the 91).';
COMMENT ON COLUMN analytics.adherence_known.children_without_reporting IS
    'Left out: the municipality has reported nothing in some month of the window.';

-- Residents at the age of the step on 1 January after the birth year's children have reached it.
CREATE VIEW analytics.coverage_population WITH (security_barrier) AS
WITH came AS (
    SELECT code, birth_year, sex, current_municipality_code, current_county_code,
        sum(on_time + early + late)::int AS completed,
        coalesce(sum(children) FILTER (WHERE state = 'open'), 0)::int AS children_window_open,
        coalesce(sum(children) FILTER (WHERE state = 'unreported'), 0)::int
            AS children_without_reporting
    FROM analytics.follow_up_counted
    WHERE current_municipality_code IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
)
SELECT c.code, c.birth_year, c.sex, c.current_municipality_code, c.current_county_code,
    r.residents, c.completed, c.children_window_open, c.children_without_reporting
FROM came c
JOIN LATERAL (
    SELECT CASE WHEN f.grade IS NULL THEN floor(f.target_age_days / 365.25)::int
        ELSE f.grade + 5 END
        AS age
    FROM analytics.follow_up_rule f WHERE f.code = c.code ORDER BY f.valid_from DESC LIMIT 1
) at ON true
LEFT JOIN LATERAL (
    SELECT sum(n.residents)::int AS residents
    FROM reference.municipality_current m
    JOIN reference.resident n ON n.municipality_code = m.code
    WHERE m.current_code = c.current_municipality_code AND m.found_by <> 'undecided'
        AND n.age = at.age AND n.year = c.birth_year + at.age + 1 AND n.sex = c.sex
) r ON true;
COMMENT ON VIEW analytics.coverage_population IS
    'Question (b), of all residents: children with the step completed, whenever, beside the '
    'residents of their birth year and sex in the municipality of today. Only where nobody is left '
    'out (both counts 0) the share is that of a whole birth year.';
COMMENT ON COLUMN analytics.coverage_population.residents IS
    'Residents (SSB 07459) on 1 January after the birth year has reached the age of the step; null '
    'where the table has no such year.';
