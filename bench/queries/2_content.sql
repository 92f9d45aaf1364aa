-- What the sinks would have written: the newest record of every item, in the order of the visits'
-- days, versions and deliveries. A shorter history has the {total} newest visits of the same nation.
CREATE TABLE bench.visit AS
SELECT row_number() OVER (ORDER BY v.date, v.person) AS n, v.*
FROM (
    SELECT p.n AS person, p.born, p.sex, p.unit, s.code AS step, s.grade, day.date
    FROM bench.person p
    CROSS JOIN (
        SELECT *, row_number() OVER (ORDER BY code) AS seed
        FROM reference.programme_step WHERE code NOT IN ('FODSEL', 'JORDMOR_3D')
    ) s
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.grade IS NULL
            THEN p.born + s.target_age_days + floor(14 * bench.share(p.n, s.seed))::int - 3
            ELSE make_date(extract(year FROM p.born)::int + 5 + s.grade, 8, 20)
                + floor(250 * bench.share(p.n, s.seed))::int
        END AS date
    ) day
    WHERE bench.share(p.n, 100 + s.seed) < 0.93
        AND day.date BETWEEN greatest(p.born, date '2017-01-01') AND date '{last}'
    ORDER BY day.date DESC, p.n DESC
    LIMIT {total}
) v;
DELETE FROM bench.person p WHERE NOT EXISTS (SELECT FROM bench.visit v WHERE v.person = p.n);
ANALYZE bench.person, bench.visit;

INSERT INTO content.consultation (
    consultation_key, status, org_nr, system, extracted_at, sequence, received_at, person_key,
    service, date, time_precision, consultation_type, contact_form, attendance,
    programme_step_reported, programme_step, programme_step_found_by, grade, duration_minutes,
    practitioner_roles, municipality_code, municipality_valid, district_code, age_days, sex,
    weight_g, length_mm, head_circumference_mm, breastfeeding, warnings, set_aside,
    rule_set_version, reference_version, age_months, weight_z, weight_z_reference, weight_z_flag,
    length_z, length_z_reference, length_z_flag, breastfeeding_status, source_epoch,
    source_partition, source_offset
)
SELECT bench.key_of('consultation', v.n), 'live', u.org_nr, u.system, v.date + time '18:00',
    v.date - date '2016-12-31', v.date + time '18:05',
    CASE WHEN p.second_key IS NOT NULL AND v.n % 2 = 0 THEN p.second_key ELSE p.person_key END,
    CASE WHEN v.grade = 8 AND v.n % 2 = 0 THEN 'HFU' WHEN v.grade IS NOT NULL
        THEN 'SKOLEHELSETJENESTE' ELSE 'HELSESTASJON_0_5' END,
    v.date, 'minute', CASE WHEN v.step = 'HJEMMEBESOK' THEN 'HJEMMEBESOK' ELSE 'INDIVIDUELL' END,
    CASE WHEN v.n % 20 = 0 THEN 'VIDEO' ELSE 'OPPMOTE' END,
    CASE WHEN v.n % 33 = 0 THEN 'IKKE_MOTT' ELSE 'MOTT' END,
    v.step, v.step, 'reported', v.grade, CASE WHEN v.n % 10 > 0 THEN 30 END,
    ARRAY['HELSESYKEPLEIER'], u.municipality_code, true, u.district_code, v.date - v.born, v.sex,
    m.weight, m.length, CASE WHEN v.grade IS NULL THEN 350 + (v.n % 100)::int END,
    CASE WHEN v.grade IS NULL AND v.date - v.born < 400 THEN milk.answer END, '{{}}', '{{}}',
    '2026.1', '2026.1', (v.date - v.born) / 30, m.z, 'WHO_2006', false, m.z, 'WHO_2006', false,
    CASE WHEN v.grade IS NULL AND v.date - v.born < 400 THEN milk.answer END, 1,
    (v.n % 8)::int, v.n / 8
FROM bench.visit v
JOIN bench.person p ON p.n = v.person
JOIN bench.unit u ON u.n = v.unit
CROSS JOIN LATERAL (
    SELECT CASE WHEN v.n % 12 > 0 THEN 3500 + 8 * (v.date - v.born) END AS weight,
        CASE WHEN v.n % 12 > 1 THEN 500 + (v.date - v.born) / 3 END AS length,
        round((4 * bench.share(v.n, 5) - 2)::numeric, 2)::double precision AS z
) m
CROSS JOIN LATERAL (
    SELECT (ARRAY['FULLT', 'FULLT', 'DELVIS', 'DELVIS', 'IKKE', 'UKJENT', 'IKKE_SPURT'])
        [1 + floor(7 * bench.share(v.n, 6))::int] AS answer
) milk;

INSERT INTO content.appointment (
    appointment_key, status, org_nr, system, extracted_at, sequence, received_at, person_key, date,
    consultation_type, attendance, municipality_code, age_days, sex, warnings, set_aside,
    rule_set_version, reference_version, source_epoch, source_partition, source_offset
)
SELECT bench.key_of('appointment', v.n), 'live', u.org_nr, u.system, v.date + time '18:00',
    v.date - date '2016-12-31', v.date + time '18:05', p.person_key, v.date, 'INDIVIDUELL',
    (ARRAY['MOTT', 'MOTT', 'MOTT', 'IKKE_MOTT', 'AVBESTILT_AV_BRUKER'])[1 + (v.n % 5)::int],
    u.municipality_code, v.date - v.born, v.sex, '{{}}', '{{}}', '2026.1', '2026.1', 1,
    (v.n % 8)::int, v.n / 8
FROM bench.visit v
JOIN bench.person p ON p.n = v.person
JOIN bench.unit u ON u.n = v.unit
WHERE v.n % 4 = 0;

-- One consultation of twenty was corrected once.
INSERT INTO content.consultation_version
SELECT c.*, 0, c.received_at FROM content.consultation c;
CREATE TEMP TABLE corrected AS
SELECT * FROM content.consultation_version WHERE source_offset % 20 = 7;
UPDATE corrected SET extracted_at = extracted_at - interval '2 days', sequence = sequence - 2,
    received_at = received_at - interval '2 days', recorded_at = recorded_at - interval '2 days';
INSERT INTO content.consultation_version TABLE corrected;
DROP TABLE corrected;

INSERT INTO identity.identity (
    person_key, key_version, id_kind, sealed_key_id, sealed_nonce, sealed_ciphertext, links,
    source_epoch, source_partition, source_offset
)
SELECT k.key, 1, k.kind, 'identity-1', '\x000000000000000000000000', '\x00', '[]', 1,
    (p.n % 8)::int, p.n / 8
FROM bench.person p
CROSS JOIN LATERAL (VALUES (p.person_key, 'fnr'), (p.second_key, 'dnr')) k (key, kind)
WHERE k.key IS NOT NULL;
INSERT INTO identity.identity_link (
    link_key, person_key, other_key, evidence, withdrawn, changed_at, source_epoch,
    source_partition, source_offset
)
SELECT bench.key_of('link', n), person_key, second_key, 'same_item', false, now(), 1,
    (n % 8)::int, n / 8
FROM bench.person WHERE second_key IS NOT NULL;

-- A delivery a day for each unit; for a small nation only of some units.
INSERT INTO content.delivery (
    system, org_nr, municipality_code, district_code, message_type, sequence, attempt, period_from,
    period_to, extracted_at, received_at, processed_at, status, expected_sequence, notes,
    item_count, accepted_items, corrected_items, deleted_items, duplicate_items, superseded_items,
    stale_items, rejected_items, software_version, contract_version, rule_set_version, parts,
    delivery_partition, delivery_offset, source_epoch, source_partition, source_offset
)
SELECT u.system, u.org_nr, u.municipality_code, u.district_code, 'consultation',
    d.day::date - date '2016-12-31', 1, d.day::date, d.day::date, d.day + interval '18 hours',
    d.day + interval '18 hours 5 minutes', d.day + interval '18 hours 5 minutes', 'processed',
    d.day::date - date '2016-12-30', '{{}}', 5, 4, 0, 0, 0, 0, 0, 1, '1.0', '1', '2026.1', 1,
    (u.n % 8)::int, d.at * 10000 + u.n, 1, (u.n % 8)::int, d.at * 10000 + u.n
FROM generate_series(
    greatest(
        (SELECT min(date)::timestamptz FROM bench.visit),
        timestamptz '{last}' - interval '1 day' * greatest({nation} / 1000, 730)
    ),
    timestamptz '{last}', interval '1 day'
) WITH ORDINALITY AS d (day, at)
CROSS JOIN bench.unit u
WHERE u.n <= greatest({nation} / 1000, 100);
INSERT INTO content.delivery_finding (
    system, org_nr, received_at, part, rule, severity, pointer, items, delivery_partition,
    delivery_offset, source_epoch, source_partition, source_offset
)
SELECT d.system, d.org_nr, d.received_at, 1, f.rule, 'reject', '/startTidspunkt', 1,
    d.delivery_partition, d.delivery_offset, 1, d.source_partition, d.source_offset
FROM content.delivery d
CROSS JOIN (VALUES ('START_MISSING'), ('LOCAL_ID_MISSING')) f (rule)
WHERE d.source_offset % 10 = 0;
INSERT INTO content.unit (
    org_nr, system, municipality_code, next_sequence, missing_sequences, last_delivery_at,
    covered_months, source_epoch, source_partition, source_offset
)
SELECT org_nr, system, municipality_code, 3000, 0, timestamptz '{last}',
    ARRAY(SELECT to_char(month, 'YYYY-MM')
        FROM generate_series(date '2017-01-01', date '{last}', interval '1 month') month),
    1, (n % 8)::int, n
FROM bench.unit;
INSERT INTO content.quarantine_state (
    quarantine_id, org_nr, system, state, since, rules, message_type, sequence, source_epoch,
    source_partition, source_offset
)
SELECT bench.key_of('rejected', i), u.org_nr, u.system,
    CASE WHEN i % 4 = 0 THEN 'open' ELSE 'replayed' END, timestamptz '{last}' - interval '9 days',
    ARRAY['START_MISSING'], 'consultation_item', 1, 1, (u.n % 8)::int, i
FROM generate_series(1, {total} / 100) i
JOIN bench.unit u ON u.n = 1 + i % (SELECT count(*) FROM bench.unit);

ANALYZE content.consultation, content.appointment, content.delivery, content.delivery_finding,
    content.unit, content.quarantine_state, content.consultation_version, identity.identity,
    identity.identity_link;
