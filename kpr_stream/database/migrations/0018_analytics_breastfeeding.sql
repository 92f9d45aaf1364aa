-- Question (c): breastfeeding, one status for each child and completed month from 0 to 12.

CREATE TABLE analytics.breastfeeding_cell (
    birth_month date NOT NULL,
    age_months integer NOT NULL,
    place_id integer NOT NULL,
    seen integer NOT NULL,
    fully integer NOT NULL,
    partly integer NOT NULL,
    not_breastfed integer NOT NULL,
    answer_unknown integer NOT NULL,
    not_asked integer NOT NULL,
    UNIQUE (birth_month, age_months, place_id)
);

CREATE INDEX breastfeeding_cell_empty ON analytics.breastfeeding_cell (place_id) WHERE seen = 0;
CREATE INDEX breastfeeding_cell_place ON analytics.breastfeeding_cell (place_id);

-- The last answer within the month counts. Only where there is none, the child counts as without
-- an answer. Who has reserved breastfeeding on the day is in no count.
CREATE VIEW analytics.breastfeeding_part AS
SELECT analytics.month_of(s.birth_week + 3) AS birth_month, s.age_months, s.place_id,
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

CREATE VIEW analytics.breastfeeding WITH (security_barrier) AS
SELECT extract(year FROM c.birth_month)::int AS birth_year, c.age_months,
    p.municipality_code, p.current_municipality_code, p.current_county_code,
    sum(c.seen)::int AS seen,
    sum(c.fully + c.partly + c.not_breastfed)::int AS asked,
    sum(c.fully)::int AS fully,
    sum(c.partly)::int AS partly,
    sum(c.not_breastfed)::int AS not_breastfed,
    sum(c.answer_unknown)::int AS answer_unknown,
    sum(c.not_asked)::int AS not_asked
FROM analytics.breastfeeding_cell c
JOIN analytics.place p USING (place_id)
GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW analytics.breastfeeding IS
    'Question (c): children by breastfeeding status, birth year, completed month of age (0-12, from '
    'the Monday of the week of birth) and municipality. Share: fully / asked; beside it asked / seen.';
COMMENT ON COLUMN analytics.breastfeeding.seen IS
    'Children with an attended consultation at a health station in this month of age.';
COMMENT ON COLUMN analytics.breastfeeding.asked IS
    'Children asked, with an answer: the denominator. fully + partly + not_breastfed.';
COMMENT ON COLUMN analytics.breastfeeding.answer_unknown IS 'Reported as unknown (UKJENT).';
COMMENT ON COLUMN analytics.breastfeeding.not_asked IS 'Not asked, or nothing reported.';
