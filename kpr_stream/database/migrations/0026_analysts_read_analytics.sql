-- Analysts read views of the schema analytics, and reference data. The views of content have the
-- age in days beside the date, which is the birth date.
REVOKE SELECT ON content.live_consultation, content.live_appointment, content.unit_municipality,
    content.consultation_place, content.consultation_step, content.breastfeeding_contradiction
    FROM analyst;
REVOKE USAGE ON SCHEMA content FROM analyst;

GRANT USAGE ON SCHEMA analytics TO analyst;
GRANT SELECT ON analytics.consultation, analytics.appointment, analytics.activity,
    analytics.attendance, analytics.adherence_known, analytics.coverage_population,
    analytics.breastfeeding, analytics.measuring TO analyst;
