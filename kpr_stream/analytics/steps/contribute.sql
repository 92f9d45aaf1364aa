-- Add what the touched groups contribute, as rows and persons are now, to the cells; with the sign -1
-- take it out of them. The changed years of follow-up are noted: their sums are made again (7).
WITH changed AS (
    INSERT INTO analytics.follow_up_cell AS cell
    SELECT p.code, p.birth_month, p.place_id, p.sex, n.sign * p.children, n.sign * p.on_time,
        n.sign * p.early, n.sign * p.late
    FROM analytics.follow_up_part p
    CROSS JOIN (SELECT current_setting('kpr.sign')::int AS sign) n
    ON CONFLICT (code, birth_month, place_id, sex) DO UPDATE SET
        children = cell.children + excluded.children,
        on_time = cell.on_time + excluded.on_time,
        early = cell.early + excluded.early,
        late = cell.late + excluded.late
    RETURNING code, birth_month, place_id
), month AS (
    INSERT INTO analytics.follow_up_month SELECT DISTINCT code, birth_month FROM changed
    ON CONFLICT DO NOTHING
)
INSERT INTO analytics.touched_follow_up
SELECT DISTINCT code, extract(year FROM birth_month)::int, place_id FROM changed
ON CONFLICT DO NOTHING;
DELETE FROM analytics.follow_up_cell WHERE children = 0;

INSERT INTO analytics.breastfeeding_cell AS cell
SELECT p.birth_year, p.age_months, p.place_id, n.sign * p.seen, n.sign * p.fully,
    n.sign * p.partly, n.sign * p.not_breastfed, n.sign * p.answer_unknown, n.sign * p.not_asked
FROM analytics.breastfeeding_part p
CROSS JOIN (SELECT current_setting('kpr.sign')::int AS sign) n
ON CONFLICT (birth_year, age_months, place_id) DO UPDATE SET
    seen = cell.seen + excluded.seen,
    fully = cell.fully + excluded.fully,
    partly = cell.partly + excluded.partly,
    not_breastfed = cell.not_breastfed + excluded.not_breastfed,
    answer_unknown = cell.answer_unknown + excluded.answer_unknown,
    not_asked = cell.not_asked + excluded.not_asked;
DELETE FROM analytics.breastfeeding_cell WHERE seen = 0;
