-- Question (d): weight, length and head circumference measured where the programme expects it.

CREATE TABLE analytics.measuring_cell (
    org_nr text NOT NULL,
    month date NOT NULL,
    place_id integer NOT NULL,
    service text,
    programme_step text NOT NULL,
    measure text NOT NULL,
    expected integer NOT NULL,
    measured integer NOT NULL,
    measured_at_other_step integer NOT NULL,
    with_reason integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (org_nr, month, place_id, service, programme_step, measure)
);
CREATE INDEX measuring_cell_place ON analytics.measuring_cell (place_id, month);

CREATE VIEW analytics.measurement AS
SELECT r.consultation_key, r.group_key, r.date, r.org_nr, r.month, r.place_id, r.service,
    r.programme_step, p.measurement_group, m.measure, m.is_expected, m.value IS NOT NULL AS measured,
    m.reason IS NOT NULL AS with_reason
FROM analytics.consultation_row r
JOIN reference.programme_step p ON p.code = r.programme_step
    AND p.valid_from <= r.date AND (p.valid_to IS NULL OR r.date < p.valid_to)
CROSS JOIN LATERAL (VALUES
    ('weight', 'weight', p.weight_expected, r.weight_g, r.weight_reason_not_measured),
    ('length', 'growth', p.length_expected, r.length_mm, r.length_reason_not_measured),
    ('head_circumference', 'head_circumference', p.head_circumference_expected,
        r.head_circumference_mm, r.head_circumference_reason_not_measured)
) m (measure, reservation, is_expected, value, reason)
WHERE r.attendance = 'MOTT' AND r.service IN ('HELSESTASJON_0_5', 'SKOLEHELSETJENESTE')
    AND NOT EXISTS (
        SELECT FROM analytics.excluded_group e
        WHERE e.group_key = r.group_key AND e.kind = m.reservation
            AND r.date >= e.from_date AND (e.until_date IS NULL OR r.date < e.until_date)
    );
COMMENT ON VIEW analytics.measurement IS
    'Each measure at each attended step of the programme, without persons who have reserved it.';

-- Steps of one measurement_group are one point of the guideline: a measure at one of them is enough.
CREATE VIEW analytics.measuring_part AS
SELECT m.org_nr, m.month, m.place_id, m.service, m.programme_step, m.measure,
    count(*)::int AS expected,
    count(*) FILTER (WHERE m.measured)::int AS measured,
    count(*) FILTER (WHERE NOT m.measured AND other.measured)::int AS measured_at_other_step,
    count(*) FILTER (WHERE NOT m.measured AND NOT other.measured AND m.with_reason)::int
        AS with_reason
FROM analytics.touched_unit_month
JOIN analytics.measurement m USING (org_nr, month)
CROSS JOIN LATERAL (
    SELECT m.measurement_group IS NOT NULL AND EXISTS (
        SELECT FROM analytics.measurement o
        WHERE o.group_key = m.group_key AND o.measurement_group = m.measurement_group
            AND o.measure = m.measure AND o.measured
            AND o.consultation_key <> m.consultation_key
    ) AS measured
) other
WHERE m.is_expected
GROUP BY 1, 2, 3, 4, 5, 6;

CREATE VIEW analytics.measuring WITH (security_barrier) AS
SELECT c.service, c.programme_step, c.measure, c.org_nr, p.municipality_code,
    p.current_municipality_code, p.current_county_code, c.month, c.expected, c.measured,
    c.measured_at_other_step, c.with_reason,
    c.expected - c.measured - c.measured_at_other_step - c.with_reason AS without_reason
FROM analytics.measuring_cell c
JOIN analytics.place p USING (place_id);
COMMENT ON VIEW analytics.measuring IS
    'Question (d): attended consultations of a programme step at which the programme in force on '
    'the day expects a measure, by what became of it. Share measured: (measured + '
    'measured_at_other_step) / expected.';
COMMENT ON COLUMN analytics.measuring.expected IS
    'Consultations at which the measure is expected: the denominator, sum of the four others.';
COMMENT ON COLUMN analytics.measuring.measured_at_other_step IS
    'Not measured here, but at another step that is the same point of the guideline (15-18 months).';
COMMENT ON COLUMN analytics.measuring.with_reason IS 'Not measured, and the reason was reported.';
