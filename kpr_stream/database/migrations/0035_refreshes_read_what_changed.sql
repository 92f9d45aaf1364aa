-- What a refresh reads must grow with what has changed, not with the history.

-- The cells whose release is not known yet, and the deliveries of a unit in a month, are found without
-- reading its other years.
CREATE INDEX completeness_cell_no_release ON analytics.completeness_cell (org_nr, month)
    WHERE software_version IS NULL;
CREATE INDEX delivery_received ON content.delivery (org_nr, received_at);
-- What an erased person has in freezes.
CREATE INDEX kept_consultation_person ON analytics.kept_consultation (person_key);
CREATE INDEX kept_appointment_person ON analytics.kept_appointment (person_key);

-- As before, in one pass over the visits of a person. So far every indicator of every person read all of
-- the person's visits again, and sorted them.
CREATE OR REPLACE VIEW analytics.follow_up_part AS
WITH visit AS (
    SELECT p.group_key, p.birth_week + 3 AS born, p.sex, v.date, v.place_id, v.programme_step,
        v.service = 'HELSESTASJON_0_5' AND v.consultation_type = 'HJEMMEBESOK'
            AND 'HELSESYKEPLEIER' = ANY (v.practitioner_roles)
            AND v.date = min(v.date) FILTER (WHERE v.service = 'HELSESTASJON_0_5')
                OVER (PARTITION BY p.group_key) AS first_at_home,
        lag(v.date) OVER visits AS date_before, lead(v.date) OVER visits AS date_after
    FROM analytics.touched_group
    JOIN analytics.person p USING (group_key)
    JOIN analytics.consultation_row v ON v.group_key = p.group_key AND v.date >= p.birth_week
    WHERE v.attendance = 'MOTT' AND v.service IN ('HELSESTASJON_0_5', 'SKOLEHELSETJENESTE')
    WINDOW visits AS (PARTITION BY p.group_key ORDER BY v.date, v.consultation_key)
), judged AS (
    SELECT v.group_key, v.born, v.sex, v.date, v.place_id, r.code, r.valid_from,
        CASE WHEN r.grade IS NULL THEN v.born + r.from_days
            ELSE analytics.school_year_begins(v.born, r.grade) END AS first_day,
        CASE WHEN r.grade IS NULL THEN v.born + r.to_days
            ELSE analytics.school_year_begins(v.born, r.grade + 1) - 1 END AS last_day,
        coalesce(CASE WHEN r.code = 'home_visit_by_day_20' THEN v.first_at_home
            ELSE v.programme_step = r.step END, false) AS counts,
        -- The last visit until the window ends; without one, the first within 91 days after it.
        CASE WHEN v.date <= w.window_end THEN coalesce(v.date_after > w.window_end, true)
            ELSE v.date_before IS NULL AND v.date <= w.window_end + 91 END AS gives_place
    FROM visit v
    JOIN analytics.follow_up_rule r ON
        CASE WHEN r.grade IS NULL THEN v.born + r.target_age_days
            ELSE analytics.school_year_begins(v.born, r.grade) END
        BETWEEN r.valid_from AND coalesce(r.valid_to - 1, 'infinity')
    CROSS JOIN LATERAL (
        SELECT CASE WHEN r.grade IS NULL THEN v.born + r.known_to_days
            ELSE analytics.school_year_begins(v.born, r.grade + 1) - 1 END AS window_end
    ) w
), child AS (
    SELECT group_key, code, valid_from, born, sex,
        max(place_id) FILTER (WHERE gives_place) AS place_id,
        bool_or(counts AND date BETWEEN first_day AND last_day) AS on_time,
        bool_or(counts AND date < first_day) AS early,
        bool_or(counts AND date > last_day) AS late
    FROM judged
    WHERE counts OR gives_place
    GROUP BY 1, 2, 3, 4, 5
)
SELECT code, analytics.month_of(born) AS birth_month, place_id, sex,
    count(*)::int AS children,
    count(*) FILTER (WHERE on_time)::int AS on_time,
    count(*) FILTER (WHERE early AND NOT on_time)::int AS early,
    count(*) FILTER (WHERE late AND NOT early AND NOT on_time)::int AS late
FROM child
WHERE place_id IS NOT NULL
GROUP BY 1, 2, 3, 4;
