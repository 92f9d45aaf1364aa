-- Analysts read views of the schema analytics, and reference data. The views of content have the
-- age in days beside the date, which is the birth date.
REVOKE ALL ON ALL TABLES IN SCHEMA content FROM analyst;
REVOKE USAGE ON SCHEMA content FROM analyst;

GRANT USAGE ON SCHEMA analytics TO analyst;
GRANT SELECT ON analytics.consultation, analytics.appointment, analytics.activity,
    analytics.attendance, analytics.adherence_known, analytics.coverage_population,
    analytics.breastfeeding, analytics.measuring TO analyst;
