-- Question (d) has a cell for each unit, month, step and measure: some millions for the nation. Adding them
-- up for each question of several years takes too long, so a refresh keeps the sums by year.

CREATE TABLE analytics.measuring_year_cell (
    place_id integer NOT NULL,
    year integer NOT NULL,
    service text,
    programme_step text NOT NULL,
    measure text NOT NULL,
    expected integer NOT NULL,
    measured integer NOT NULL,
    measured_at_other_step integer NOT NULL,
    with_reason integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (place_id, year, service, programme_step, measure)
);
CREATE INDEX measuring_year_cell_measure ON analytics.measuring_year_cell (measure, programme_step);
CREATE INDEX measuring_year_cell_empty ON analytics.measuring_year_cell (place_id) WHERE expected = 0;
COMMENT ON TABLE analytics.measuring_year_cell IS
    'Sums of analytics.measuring_cell by place, year, service, step and measure.';
INSERT INTO analytics.measuring_year_cell
SELECT place_id, extract(year FROM month)::int, service, programme_step, measure, sum(expected),
    sum(measured), sum(measured_at_other_step), sum(with_reason)
FROM analytics.measuring_cell
GROUP BY 1, 2, 3, 4, 5;

CREATE VIEW analytics.measuring_year WITH (security_barrier) AS
SELECT c.service, c.programme_step, c.measure, p.org_nr, p.municipality_code,
    p.current_municipality_code, p.current_county_code, c.year, c.expected, c.measured,
    c.measured_at_other_step, c.with_reason,
    c.expected - c.measured - c.measured_at_other_step - c.with_reason AS without_reason
FROM analytics.measuring_year_cell c
JOIN analytics.place p USING (place_id);
COMMENT ON VIEW analytics.measuring_year IS
    'Question (d), as analytics.measuring, with a row for each year in place of each month.';
COMMENT ON COLUMN analytics.measuring_year.year IS 'Year of the consultations.';
COMMENT ON COLUMN analytics.measuring_year_cell.year IS 'Year of the consultations.';
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT made.oid::regclass AS relation, a.attname AS name, col_description(l.oid, a.attnum) AS text
        FROM (VALUES ('measuring', 'measuring_year'), ('measuring_cell', 'measuring_year_cell'))
            AS pair (was, now)
        JOIN pg_class AS l ON l.oid = ('analytics.' || pair.was)::regclass
        JOIN pg_class AS made ON made.oid = ('analytics.' || pair.now)::regclass
        JOIN pg_attribute AS a ON a.attrelid = l.oid AND a.attnum > 0
        JOIN pg_attribute AS same ON same.attrelid = made.oid AND same.attname = a.attname
        WHERE col_description(l.oid, a.attnum) IS NOT NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', found.relation, found.name, found.text);
    END LOOP;
END
$$;
GRANT SELECT ON analytics.measuring_year TO analyst;

-- The report asks for the last twelve months of all units.
CREATE INDEX completeness_cell_month ON analytics.completeness_cell (field, month);
CREATE INDEX outcome_cell_month ON analytics.outcome_cell (month);
CREATE INDEX delay_cell_month ON analytics.delay_cell (month);
