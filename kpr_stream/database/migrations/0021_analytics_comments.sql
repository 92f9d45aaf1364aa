-- What each column of the views is, for everybody who looks at them in a client.

COMMENT ON COLUMN analytics.consultation.org_nr IS 'Reporting unit.';
COMMENT ON COLUMN analytics.consultation.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN analytics.consultation.service IS
    'HELSESTASJON_0_5, SKOLEHELSETJENESTE or SVANGERSKAP_BARSEL.';
COMMENT ON COLUMN analytics.consultation.district_code IS 'Code as it was in the record.';
COMMENT ON COLUMN analytics.consultation.current_municipality_name IS
    'Name of the municipality of today.';
COMMENT ON COLUMN analytics.consultation.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.consultation.current_county_name IS 'Name of the county of today.';
COMMENT ON COLUMN analytics.consultation.current_district_code IS 'District of today.';
COMMENT ON COLUMN analytics.consultation.consultation_type IS
    'Code as reported (reference.code, konsultasjonstype).';
COMMENT ON COLUMN analytics.consultation.contact_form IS 'Code as reported.';
COMMENT ON COLUMN analytics.consultation.attendance IS
    'Code as reported (reference.code, oppmotestatus).';
COMMENT ON COLUMN analytics.consultation.programme_step_reported IS 'Code as reported.';
COMMENT ON COLUMN analytics.consultation.programme_step IS
    'Step of reference.programme_step, by the programme in force on the day.';
COMMENT ON COLUMN analytics.consultation.grade IS 'School grade 1-13.';
COMMENT ON COLUMN analytics.consultation.duration_minutes IS 'Minutes.';
COMMENT ON COLUMN analytics.consultation.group_size IS 'Participants.';
COMMENT ON COLUMN analytics.consultation.practitioner_roles IS 'Codes as reported.';
COMMENT ON COLUMN analytics.consultation.sex IS '1 male, 2 female, 0 not known, 9 not specified.';
COMMENT ON COLUMN analytics.consultation.weight_g IS 'Grams.';
COMMENT ON COLUMN analytics.consultation.weight_reason_not_measured IS 'Code as reported.';
COMMENT ON COLUMN analytics.consultation.length_mm IS 'Millimetres.';
COMMENT ON COLUMN analytics.consultation.length_position IS 'LIGGENDE or STAENDE.';
COMMENT ON COLUMN analytics.consultation.length_reason_not_measured IS 'Code as reported.';
COMMENT ON COLUMN analytics.consultation.head_circumference_mm IS 'Millimetres.';
COMMENT ON COLUMN analytics.consultation.head_circumference_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN analytics.consultation.length_z IS
    'WHO z-score of length or height, adjusted for position; age as for weight_z.';
COMMENT ON COLUMN analytics.consultation.bmi_z IS
    'WHO z-score of the body mass index; age as for weight_z.';
COMMENT ON COLUMN analytics.consultation.head_circumference_z IS
    'WHO z-score of head circumference; age as for weight_z.';
COMMENT ON COLUMN analytics.consultation.breastfeeding IS 'Code as reported.';
COMMENT ON COLUMN analytics.consultation.breastfeeding_status IS
    'FULLT, DELVIS, IKKE, IKKE_SPURT or UKJENT; service 0-5 years only.';
COMMENT ON COLUMN analytics.consultation.weight_z_reference IS
    'WHO_2006 (below 60 months) or WHO_2007 (5-19 years).';
COMMENT ON COLUMN analytics.consultation.length_z_reference IS
    'WHO_2006 (below 60 months) or WHO_2007 (5-19 years).';
COMMENT ON COLUMN analytics.consultation.length_z_flag IS 'As weight_z_flag.';
COMMENT ON COLUMN analytics.consultation.bmi_z_reference IS
    'WHO_2006 (below 60 months) or WHO_2007 (5-19 years).';
COMMENT ON COLUMN analytics.consultation.bmi_z_flag IS 'As weight_z_flag.';
COMMENT ON COLUMN analytics.consultation.head_circumference_z_reference IS
    'WHO_2006 (below 60 months) or WHO_2007 (5-19 years).';
COMMENT ON COLUMN analytics.consultation.head_circumference_z_flag IS 'As weight_z_flag.';

COMMENT ON COLUMN analytics.appointment.appointment_key IS 'Pseudonym of the appointment.';
COMMENT ON COLUMN analytics.appointment.group_key IS 'As in analytics.consultation.';
COMMENT ON COLUMN analytics.appointment.id_kind IS 'As in analytics.consultation.';
COMMENT ON COLUMN analytics.appointment.org_nr IS 'Reporting unit.';
COMMENT ON COLUMN analytics.appointment.system IS 'EPJ system.';
COMMENT ON COLUMN analytics.appointment.date IS
    'Day of the appointment; in the week of birth, its Sunday.';
COMMENT ON COLUMN analytics.appointment.month IS 'First day of the month of date.';
COMMENT ON COLUMN analytics.appointment.municipality_code IS 'Municipality as it was.';
COMMENT ON COLUMN analytics.appointment.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.appointment.current_municipality_name IS
    'Name of the municipality of today.';
COMMENT ON COLUMN analytics.appointment.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.appointment.current_county_name IS 'Name of the county of today.';
COMMENT ON COLUMN analytics.appointment.current_found_by IS 'As in analytics.consultation.';
COMMENT ON COLUMN analytics.appointment.consultation_type IS 'Code as reported.';
COMMENT ON COLUMN analytics.appointment.attendance IS 'Code as reported.';
COMMENT ON COLUMN analytics.appointment.birth_week IS 'Monday of the ISO week of birth.';
COMMENT ON COLUMN analytics.appointment.sex IS '1 male, 2 female, 0 not known, 9 not specified.';
COMMENT ON COLUMN analytics.appointment.age_weeks IS
    'Completed weeks since birth_week, in the first year.';
COMMENT ON COLUMN analytics.appointment.age_months IS 'Completed months since birth_week.';

COMMENT ON COLUMN analytics.activity.service IS 'Service as reported.';
COMMENT ON COLUMN analytics.activity.contact_form IS 'Code as reported; null for HFU.';
COMMENT ON COLUMN analytics.activity.org_nr IS 'Reporting unit; null for HFU.';
COMMENT ON COLUMN analytics.activity.municipality_code IS 'Municipality as it was.';
COMMENT ON COLUMN analytics.activity.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.activity.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.activity.contacts IS 'Attended consultations.';
COMMENT ON COLUMN analytics.activity.contacts_without_person IS
    'Contacts whose sender knew no id; in contacts, not in persons.';

COMMENT ON COLUMN analytics.attendance.consultation_type IS
    'Code as reported; null for units that are HFU alone.';
COMMENT ON COLUMN analytics.attendance.org_nr IS
    'Reporting unit; null for units that are HFU alone.';
COMMENT ON COLUMN analytics.attendance.municipality_code IS 'Municipality as it was.';
COMMENT ON COLUMN analytics.attendance.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.attendance.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.attendance.period IS 'First day of the month, or of the quarter.';
COMMENT ON COLUMN analytics.attendance.period_months IS '1 for a month, 3 for a quarter.';
COMMENT ON COLUMN analytics.attendance.attended IS 'MOTT.';
COMMENT ON COLUMN analytics.attendance.not_attended IS 'IKKE_MOTT.';
COMMENT ON COLUMN analytics.attendance.cancelled_by_user IS 'AVBESTILT_AV_BRUKER.';
COMMENT ON COLUMN analytics.attendance.cancelled_by_service IS 'AVLYST_AV_TJENESTEN.';

COMMENT ON COLUMN analytics.adherence_known.birth_year IS
    'Year of birth (of the Thursday of the week of birth).';
COMMENT ON COLUMN analytics.adherence_known.sex IS '1 male, 2 female.';
COMMENT ON COLUMN analytics.adherence_known.municipality_code IS
    'Municipality as it was at the last report before the end of the window.';
COMMENT ON COLUMN analytics.adherence_known.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.adherence_known.current_county_code IS 'County of today.';

COMMENT ON COLUMN analytics.coverage_population.code IS 'As in analytics.adherence_known.';
COMMENT ON COLUMN analytics.coverage_population.birth_year IS
    'Year of birth (of the Thursday of the week of birth).';
COMMENT ON COLUMN analytics.coverage_population.sex IS '1 male, 2 female.';
COMMENT ON COLUMN analytics.coverage_population.current_municipality_code IS
    'Municipality of today.';
COMMENT ON COLUMN analytics.coverage_population.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.coverage_population.completed IS
    'Known children with the step, whenever.';
COMMENT ON COLUMN analytics.coverage_population.children_window_open IS
    'As in analytics.adherence_known.';
COMMENT ON COLUMN analytics.coverage_population.children_without_reporting IS
    'As in analytics.adherence_known.';

COMMENT ON COLUMN analytics.breastfeeding.birth_year IS
    'Year of birth (of the Thursday of the week of birth).';
COMMENT ON COLUMN analytics.breastfeeding.age_months IS
    'Completed months since the Monday of the week of birth, 0-12.';
COMMENT ON COLUMN analytics.breastfeeding.municipality_code IS 'Municipality as it was.';
COMMENT ON COLUMN analytics.breastfeeding.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.breastfeeding.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.breastfeeding.fully IS 'Fully breastfed (FULLT).';
COMMENT ON COLUMN analytics.breastfeeding.partly IS 'Partly breastfed (DELVIS).';
COMMENT ON COLUMN analytics.breastfeeding.not_breastfed IS 'Not breastfed (IKKE).';

COMMENT ON COLUMN analytics.measuring.service IS 'Service as reported.';
COMMENT ON COLUMN analytics.measuring.programme_step IS 'Step of reference.programme_step.';
COMMENT ON COLUMN analytics.measuring.measure IS 'weight, length or head_circumference.';
COMMENT ON COLUMN analytics.measuring.org_nr IS 'Reporting unit.';
COMMENT ON COLUMN analytics.measuring.municipality_code IS 'Municipality as it was.';
COMMENT ON COLUMN analytics.measuring.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN analytics.measuring.current_county_code IS 'County of today.';
COMMENT ON COLUMN analytics.measuring.month IS 'First day of the month.';
COMMENT ON COLUMN analytics.measuring.measured IS 'With the measure.';
COMMENT ON COLUMN analytics.measuring.without_reason IS 'Not measured, and no reason was reported.';
