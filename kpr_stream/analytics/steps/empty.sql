-- Forget everything that a refresh has made, so that the next one makes it from all rows. Rows are
-- deleted, not truncated: readers keep the old state until the new one is whole.
DELETE FROM analytics.source_mark;
DELETE FROM analytics.link;
DELETE FROM analytics.person_group;
DELETE FROM analytics.person;
DELETE FROM analytics.place;
DELETE FROM analytics.consultation_row;
DELETE FROM analytics.appointment_row;
DELETE FROM analytics.unit;
DELETE FROM analytics.activity_cell;
DELETE FROM analytics.youth_cell;
DELETE FROM analytics.attendance_cell;
DELETE FROM analytics.follow_up_cell;
DELETE FROM analytics.follow_up_year;
DELETE FROM analytics.follow_up_month;
DELETE FROM analytics.breastfeeding_cell;
DELETE FROM analytics.measuring_cell;
DELETE FROM analytics.measuring_year_cell;
DELETE FROM analytics.reported_month;
DELETE FROM analytics.outcome_cell;
DELETE FROM analytics.finding_cell;
DELETE FROM analytics.completeness_cell;
DELETE FROM analytics.delay_cell;
DELETE FROM analytics.unit_days;
DELETE FROM analytics.unit_expectation;
DELETE FROM analytics.unit_month;
