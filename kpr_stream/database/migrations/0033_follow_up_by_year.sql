-- Question (b) has a cell for each indicator, month of birth, place and sex: some millions for the
-- nation. Adding them up for each question takes seconds, so a refresh keeps the sums by year. Whether a
-- cell is counted, open or unreported depends on its month; a year has a row for each of these.

CREATE TABLE analytics.follow_up_year (
    code text NOT NULL,
    birth_year integer NOT NULL,
    sex text,
    municipality_code text,
    current_municipality_code text,
    current_county_code text,
    state text NOT NULL,
    children integer NOT NULL,
    on_time integer NOT NULL,
    early integer NOT NULL,
    late integer NOT NULL
);
CREATE INDEX follow_up_year_key
    ON analytics.follow_up_year (code, birth_year, current_municipality_code);
CREATE INDEX follow_up_year_place ON analytics.follow_up_year (current_municipality_code);
COMMENT ON TABLE analytics.follow_up_year IS
    'Sums of analytics.follow_up_counted by year of birth, sex, municipality and state.';
COMMENT ON COLUMN analytics.follow_up_year.code IS 'Programme step or indicator.';
COMMENT ON COLUMN analytics.follow_up_year.birth_year IS 'Year of the month of birth.';
COMMENT ON COLUMN analytics.follow_up_year.sex IS '1 male, 2 female; null where not known.';
COMMENT ON COLUMN analytics.follow_up_year.municipality_code IS 'Municipality as it was.';
COMMENT ON COLUMN analytics.follow_up_year.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.follow_up_year.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.follow_up_year.children IS 'Children of the cells.';
COMMENT ON COLUMN analytics.follow_up_year.on_time IS 'With the step within its limits.';
COMMENT ON COLUMN analytics.follow_up_year.early IS 'With the step, only before the limits.';
COMMENT ON COLUMN analytics.follow_up_year.late IS 'With the step, only after the limits.';
COMMENT ON COLUMN analytics.follow_up_year.state IS
    'counted, open (the window is not closed) or unreported (a month of it has no report).';

-- A refresh finds the cells of a municipality's indicator and year.
CREATE INDEX follow_up_cell_found ON analytics.follow_up_cell (place_id, code, birth_month);
DROP INDEX analytics.follow_up_cell_place;

-- Work of one refresh: the sums that a touched person belongs to, before and after.
CREATE UNLOGGED TABLE analytics.touched_follow_up (
    code text NOT NULL,
    birth_year integer NOT NULL,
    place_id integer NOT NULL,
    PRIMARY KEY (code, birth_year, place_id)
);
COMMENT ON TABLE analytics.touched_follow_up IS
    'Indicators, years and places whose cells a refresh has changed.';
COMMENT ON COLUMN analytics.touched_follow_up.code IS 'Programme step or indicator.';
COMMENT ON COLUMN analytics.touched_follow_up.birth_year IS 'Year of the month of birth.';
COMMENT ON COLUMN analytics.touched_follow_up.place_id IS 'Place of the cell.';

-- As before, with the cell's place and month, by which a refresh finds it.
CREATE OR REPLACE VIEW analytics.follow_up_counted AS
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
    c.children, c.on_time, c.early, c.late, c.place_id, c.birth_month
FROM analytics.follow_up_cell c
JOIN analytics.place p USING (place_id)
LEFT JOIN analytics.follow_up_window w USING (code, birth_month)
LEFT JOIN analytics.reporting_span span USING (current_municipality_code);

-- Reading the months of birth off the cells would read every cell.
CREATE TABLE analytics.follow_up_month (
    code text NOT NULL,
    birth_month date NOT NULL,
    PRIMARY KEY (code, birth_month)
);
COMMENT ON TABLE analytics.follow_up_month IS 'Indicators and months of birth that cells have had.';
COMMENT ON COLUMN analytics.follow_up_month.code IS 'Programme step or indicator.';
COMMENT ON COLUMN analytics.follow_up_month.birth_month IS
    'First day of the month of the Thursday of the week of birth.';
INSERT INTO analytics.follow_up_month
SELECT DISTINCT code, birth_month FROM analytics.follow_up_cell;

CREATE OR REPLACE VIEW analytics.follow_up_window AS
SELECT b.code, b.birth_month, w.first_day, w.last_day,
    w.last_day + 31 <= (SELECT as_of FROM analytics.refresh) AS closed
FROM analytics.follow_up_month b
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

CREATE OR REPLACE VIEW analytics.adherence_known WITH (security_barrier) AS
SELECT code, birth_year, sex, municipality_code, current_municipality_code, current_county_code,
    coalesce(sum(children) FILTER (WHERE state = 'counted'), 0)::int AS children,
    coalesce(sum(on_time) FILTER (WHERE state = 'counted'), 0)::int AS on_time,
    coalesce(sum(early) FILTER (WHERE state = 'counted'), 0)::int AS early,
    coalesce(sum(late) FILTER (WHERE state = 'counted'), 0)::int AS late,
    coalesce(sum(children) FILTER (WHERE state = 'open'), 0)::int AS children_window_open,
    coalesce(sum(children) FILTER (WHERE state = 'unreported'), 0)::int
        AS children_without_reporting
FROM analytics.follow_up_year
GROUP BY 1, 2, 3, 4, 5, 6;

CREATE OR REPLACE VIEW analytics.coverage_population WITH (security_barrier) AS
WITH came AS (
    SELECT code, birth_year, sex, current_municipality_code, current_county_code,
        sum(on_time + early + late)::int AS completed,
        coalesce(sum(children) FILTER (WHERE state = 'open'), 0)::int AS children_window_open,
        coalesce(sum(children) FILTER (WHERE state = 'unreported'), 0)::int
            AS children_without_reporting
    FROM analytics.follow_up_year
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

INSERT INTO analytics.follow_up_year
SELECT code, birth_year, sex, municipality_code, current_municipality_code, current_county_code, state,
    sum(children), sum(on_time), sum(early), sum(late)
FROM analytics.follow_up_counted
GROUP BY 1, 2, 3, 4, 5, 6, 7;
