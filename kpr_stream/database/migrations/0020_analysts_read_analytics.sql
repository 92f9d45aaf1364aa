-- Analysts read views of the schema analytics, and reference data. The views of content have the
-- age in days beside the date, which is the birth date.
REVOKE ALL ON ALL TABLES IN SCHEMA content FROM analyst;
REVOKE USAGE ON SCHEMA content FROM analyst;

GRANT USAGE ON SCHEMA analytics TO analyst;
GRANT SELECT ON analytics.consultation, analytics.appointment, analytics.activity,
    analytics.attendance, analytics.adherence_known, analytics.coverage_population,
    analytics.breastfeeding, analytics.measuring TO analyst;

-- The functions that these views call. They compute with days alone.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA analytics FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.month_of(date), analytics.quarter_of(date),
    analytics.completed_months(date, date), analytics.school_year_begins(date, integer) TO analyst;
