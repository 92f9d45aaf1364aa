-- Take what the touched persons have contributed so far out of the cells.
INSERT INTO analytics.touched_group
SELECT g.group_key FROM analytics.person_group g JOIN analytics.touched_key USING (person_key)
UNION
SELECT group_key FROM analytics.touched_person;

ANALYZE analytics.touched_person, analytics.touched_group;

INSERT INTO analytics.follow_up_cell AS cell
SELECT code, birth_month, place_id, sex, -children, -on_time, -early, -late
FROM analytics.follow_up_part
ON CONFLICT (code, birth_month, place_id, sex) DO UPDATE SET
    children = cell.children + excluded.children,
    on_time = cell.on_time + excluded.on_time,
    early = cell.early + excluded.early,
    late = cell.late + excluded.late;

INSERT INTO analytics.breastfeeding_cell AS cell
SELECT birth_month, age_months, place_id, -seen, -fully, -partly, -not_breastfed,
    -answer_unknown, -not_asked
FROM analytics.breastfeeding_part
ON CONFLICT (birth_month, age_months, place_id) DO UPDATE SET
    seen = cell.seen + excluded.seen,
    fully = cell.fully + excluded.fully,
    partly = cell.partly + excluded.partly,
    not_breastfed = cell.not_breastfed + excluded.not_breastfed,
    answer_unknown = cell.answer_unknown + excluded.answer_unknown,
    not_asked = cell.not_asked + excluded.not_asked;
