-- Forget everything that a refresh has made, so that the next one makes it from all rows.
TRUNCATE analytics.source_mark, analytics.link, analytics.person_group, analytics.person,
    analytics.place, analytics.consultation_row, analytics.appointment_row, analytics.unit,
    analytics.activity_cell, analytics.youth_cell, analytics.attendance_cell,
    analytics.follow_up_cell, analytics.breastfeeding_cell, analytics.measuring_cell,
    analytics.reported_month;
