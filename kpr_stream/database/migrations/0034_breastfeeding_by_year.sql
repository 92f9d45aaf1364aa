-- Question (c) is asked by year of birth. A cell for each month had a dozen times as many cells, of a few
-- children each, and every question added them up.

CREATE TABLE analytics.breastfeeding_year (
    birth_year integer NOT NULL,
    age_months integer NOT NULL,
    place_id integer NOT NULL,
    seen integer NOT NULL,
    fully integer NOT NULL,
    partly integer NOT NULL,
    not_breastfed integer NOT NULL,
    answer_unknown integer NOT NULL,
    not_asked integer NOT NULL,
    UNIQUE (birth_year, age_months, place_id)
);
INSERT INTO analytics.breastfeeding_year
SELECT extract(year FROM birth_month)::int, age_months, place_id, sum(seen), sum(fully), sum(partly),
    sum(not_breastfed), sum(answer_unknown), sum(not_asked)
FROM analytics.breastfeeding_cell
GROUP BY 1, 2, 3;

CREATE OR REPLACE VIEW analytics.breastfeeding WITH (security_barrier) AS
SELECT c.birth_year, c.age_months,
    p.municipality_code, p.current_municipality_code, p.current_county_code,
    sum(c.seen)::int AS seen,
    sum(c.fully + c.partly + c.not_breastfed)::int AS asked,
    sum(c.fully)::int AS fully,
    sum(c.partly)::int AS partly,
    sum(c.not_breastfed)::int AS not_breastfed,
    sum(c.answer_unknown)::int AS answer_unknown,
    sum(c.not_asked)::int AS not_asked
FROM analytics.breastfeeding_year c
JOIN analytics.place p USING (place_id)
GROUP BY 1, 2, 3, 4, 5;

DROP VIEW analytics.breastfeeding_part;
DROP TABLE analytics.breastfeeding_cell;
ALTER TABLE analytics.breastfeeding_year RENAME TO breastfeeding_cell;
CREATE INDEX breastfeeding_cell_empty ON analytics.breastfeeding_cell (place_id) WHERE seen = 0;
CREATE INDEX breastfeeding_cell_place ON analytics.breastfeeding_cell (place_id);
CREATE INDEX breastfeeding_cell_age ON analytics.breastfeeding_cell (age_months);
COMMENT ON TABLE analytics.breastfeeding_cell IS
    'Children by year of birth (of the Thursday of the week), completed month of age and place.';
COMMENT ON COLUMN analytics.breastfeeding_cell.birth_year IS 'Year of the week of birth.';
COMMENT ON COLUMN analytics.breastfeeding_cell.age_months IS 'Completed months of age, 0-12.';
COMMENT ON COLUMN analytics.breastfeeding_cell.place_id IS 'Unit, municipality and district.';
COMMENT ON COLUMN analytics.breastfeeding_cell.seen IS 'Children with a consultation in the month.';
COMMENT ON COLUMN analytics.breastfeeding_cell.fully IS 'Fully breastfed.';
COMMENT ON COLUMN analytics.breastfeeding_cell.partly IS 'Partly breastfed.';
COMMENT ON COLUMN analytics.breastfeeding_cell.not_breastfed IS 'Not breastfed.';
COMMENT ON COLUMN analytics.breastfeeding_cell.answer_unknown IS 'Reported as unknown.';
COMMENT ON COLUMN analytics.breastfeeding_cell.not_asked IS 'Not asked, or nothing reported.';

-- As before, by year. The last answer within the month counts. Only where there is none, the child counts
-- as without an answer. Who has reserved breastfeeding on the day is in no count.
CREATE VIEW analytics.breastfeeding_part AS
SELECT extract(year FROM s.birth_week + 3)::int AS birth_year, s.age_months, s.place_id,
    count(*)::int AS seen,
    count(*) FILTER (WHERE s.status = 'FULLT')::int AS fully,
    count(*) FILTER (WHERE s.status = 'DELVIS')::int AS partly,
    count(*) FILTER (WHERE s.status = 'IKKE')::int AS not_breastfed,
    count(*) FILTER (WHERE s.status = 'UKJENT')::int AS answer_unknown,
    count(*) FILTER (WHERE s.status IS NULL OR s.status = 'IKKE_SPURT')::int AS not_asked
FROM (
    SELECT DISTINCT ON (r.group_key, r.age_months)
        r.birth_week, r.age_months, r.place_id, r.breastfeeding_status AS status
    FROM analytics.touched_group
    JOIN analytics.consultation_row r USING (group_key)
    WHERE r.attendance = 'MOTT' AND r.service = 'HELSESTASJON_0_5' AND r.age_months <= 12
        AND NOT EXISTS (
            SELECT FROM analytics.excluded_group e
            WHERE e.group_key = r.group_key AND e.kind = 'breastfeeding'
                AND r.date >= e.from_date AND (e.until_date IS NULL OR r.date < e.until_date)
        )
    ORDER BY r.group_key, r.age_months,
        CASE WHEN r.breastfeeding_status IN ('FULLT', 'DELVIS', 'IKKE') THEN 0
            WHEN r.breastfeeding_status = 'UKJENT' THEN 1 ELSE 2 END,
        r.date DESC, r.consultation_key DESC
) s
GROUP BY 1, 2, 3;
