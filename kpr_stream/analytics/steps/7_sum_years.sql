-- Add up again the years whose cells, or whose states, have changed. Runs when the day of the refresh is
-- noted: it closes windows. Municipalities that nobody can tell are compared by coalesce: a join by «IS NOT
-- DISTINCT FROM» compares every row with every other.
CREATE TEMP TABLE other_place ON COMMIT DROP AS
SELECT b.current_municipality_code AS before, p.current_municipality_code AS now
FROM place_before b LEFT JOIN analytics.place p USING (place_id)
WHERE (b.current_municipality_code, b.current_county_code)
    IS DISTINCT FROM (p.current_municipality_code, p.current_county_code);

CREATE TEMP TABLE other_municipality ON COMMIT DROP AS
SELECT before AS code FROM other_place
UNION SELECT now FROM other_place
UNION SELECT current_municipality_code FROM (
    (TABLE span_before EXCEPT TABLE analytics.reporting_span)
    UNION ALL (TABLE analytics.reporting_span EXCEPT TABLE span_before)
) span
UNION SELECT current_municipality_code FROM (
    (TABLE hole_before EXCEPT TABLE analytics.reporting_hole)
    UNION ALL (TABLE analytics.reporting_hole EXCEPT TABLE hole_before)
) hole;

CREATE TEMP TABLE year_again ON COMMIT DROP AS
SELECT t.code, t.birth_year, p.current_municipality_code
FROM analytics.touched_follow_up t JOIN analytics.place p USING (place_id)
UNION
SELECT y.code, y.birth_year, y.current_municipality_code
FROM analytics.follow_up_year y
JOIN other_municipality o ON coalesce(o.code, '') = coalesce(y.current_municipality_code, '')
UNION
-- What a municipality takes over has had other sums so far.
SELECT y.code, y.birth_year, o.now
FROM analytics.follow_up_year y
JOIN other_place o ON coalesce(o.before, '') = coalesce(y.current_municipality_code, '')
UNION
SELECT y.code, y.birth_year, y.current_municipality_code
FROM analytics.follow_up_year y
JOIN (
    SELECT code, extract(year FROM birth_month)::int AS birth_year FROM (
        (TABLE window_before EXCEPT TABLE analytics.follow_up_window)
        UNION ALL (TABLE analytics.follow_up_window EXCEPT TABLE window_before)
    ) other_window
) w USING (code, birth_year);
-- Without the frequencies of its columns, the planner takes one row of the cells for each year.
ANALYZE year_again, analytics.follow_up_cell;

DELETE FROM analytics.follow_up_year y USING year_again a
WHERE y.code = a.code AND y.birth_year = a.birth_year
    AND y.current_municipality_code = a.current_municipality_code;
DELETE FROM analytics.follow_up_year y USING year_again a
WHERE y.code = a.code AND y.birth_year = a.birth_year
    AND y.current_municipality_code IS NULL AND a.current_municipality_code IS NULL;
INSERT INTO analytics.follow_up_year
SELECT c.code, c.birth_year, c.sex, c.municipality_code, c.current_municipality_code,
    c.current_county_code, c.state, sum(c.children), sum(c.on_time), sum(c.early), sum(c.late)
FROM year_again a
JOIN analytics.place p
    ON coalesce(p.current_municipality_code, '') = coalesce(a.current_municipality_code, '')
JOIN analytics.follow_up_counted c ON c.place_id = p.place_id AND c.code = a.code
    AND c.birth_month >= make_date(a.birth_year, 1, 1)
    AND c.birth_month < make_date(a.birth_year + 1, 1, 1)
GROUP BY 1, 2, 3, 4, 5, 6, 7;
