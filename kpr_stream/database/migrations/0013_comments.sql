-- Written by tools/database_comments.py from the docs of the Avro schemas.

COMMENT ON TABLE content.consultation IS
    'Mirror of kpr.hst.consultation: the last record of every key, markers included.';
COMMENT ON COLUMN content.consultation.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.consultation.status IS
    'live, deleted or superseded. A deleted or superseded record is a marker: its content is null.';
COMMENT ON COLUMN content.consultation.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.consultation.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.consultation.extracted_at IS
    'Version, first part: when the EPJ took this content out.';
COMMENT ON COLUMN content.consultation.sequence IS
    'Version, second part: the delivery it came in.';
COMMENT ON COLUMN content.consultation.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.consultation.person_key IS
    'Pseudonym; absent where the sender knew no id.';
COMMENT ON COLUMN content.consultation.service IS
    'As reported.';
COMMENT ON COLUMN content.consultation.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.consultation.time_precision IS
    'minute or date.';
COMMENT ON COLUMN content.consultation.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.contact_form IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.programme_step_reported IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.programme_step IS
    'Step of hst_programme, by the programme in force on the date.';
COMMENT ON COLUMN content.consultation.programme_step_found_by IS
    'reported; or age, grade or school_year, where it is only a candidate.';
COMMENT ON COLUMN content.consultation.grade IS
    'School grade 1-13.';
COMMENT ON COLUMN content.consultation.duration_minutes IS
    'Minutes.';
COMMENT ON COLUMN content.consultation.group_key IS
    'HMAC of the group id within the unit.';
COMMENT ON COLUMN content.consultation.group_size IS
    'Participants.';
COMMENT ON COLUMN content.consultation.practitioner_roles IS
    'Codes as reported.';
COMMENT ON COLUMN content.consultation.municipality_code IS
    'Code as it was in the record, padded to 4 digits.';
COMMENT ON COLUMN content.consultation.municipality_valid IS
    'Whether that code was valid on the date.';
COMMENT ON COLUMN content.consultation.district_code IS
    'Code as it was in the record.';
COMMENT ON COLUMN content.consultation.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.consultation.age_months IS
    'Completed calendar months of that age.';
COMMENT ON COLUMN content.consultation.sex IS
    '1 male, 2 female, 0 not known, 9 not specified.';
COMMENT ON COLUMN content.consultation.weight_g IS
    'Grams.';
COMMENT ON COLUMN content.consultation.weight_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.weight_z IS
    'WHO z-score of weight for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation.weight_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation.weight_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation.length_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.consultation.length_position IS
    'LIGGENDE or STAENDE.';
COMMENT ON COLUMN content.consultation.length_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.length_z IS
    'WHO z-score of length or height, adjusted for position around 731 days as WHO does, for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation.length_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation.length_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation.bmi_z IS
    'WHO z-score of the body mass index for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation.bmi_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation.bmi_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation.head_circumference_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.consultation.head_circumference_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.head_circumference_z IS
    'WHO z-score of head circumference for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation.head_circumference_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation.head_circumference_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation.breastfeeding IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation.breastfeeding_status IS
    'FULLT, DELVIS, IKKE, IKKE_SPURT or UKJENT; service 0-5 years only.';
COMMENT ON COLUMN content.consultation.maternity_discharge_date IS
    'Day of coming home.';
COMMENT ON COLUMN content.consultation.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.consultation.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.consultation.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.consultation.reference_version IS
    'Reference data it was enriched with.';
COMMENT ON COLUMN content.consultation.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.consultation.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.consultation.source_offset IS
    'Offset of the Kafka record that the row comes from.';

COMMENT ON TABLE content.appointment IS
    'Mirror of kpr.hst.appointment: the last record of every key, markers included.';
COMMENT ON COLUMN content.appointment.appointment_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.appointment.status IS
    'live, deleted or superseded. A deleted or superseded record is a marker: its content is null.';
COMMENT ON COLUMN content.appointment.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.appointment.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.appointment.extracted_at IS
    'Version, first part.';
COMMENT ON COLUMN content.appointment.sequence IS
    'Version, second part.';
COMMENT ON COLUMN content.appointment.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.appointment.person_key IS
    'Pseudonym.';
COMMENT ON COLUMN content.appointment.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.appointment.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.appointment.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.appointment.municipality_code IS
    'Of the delivery, padded to 4 digits.';
COMMENT ON COLUMN content.appointment.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.appointment.sex IS
    'As for a consultation.';
COMMENT ON COLUMN content.appointment.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.appointment.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.appointment.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.appointment.reference_version IS
    'Reference data it was enriched with.';
COMMENT ON COLUMN content.appointment.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.appointment.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.appointment.source_offset IS
    'Offset of the Kafka record that the row comes from.';

COMMENT ON TABLE content.consultation_version IS
    'Every record of kpr.hst.consultation, not only the last of its key. Erased keys have none.';
COMMENT ON COLUMN content.consultation_version.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.consultation_version.status IS
    'live, deleted or superseded. A deleted or superseded record is a marker: its content is null.';
COMMENT ON COLUMN content.consultation_version.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.consultation_version.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.consultation_version.extracted_at IS
    'Version, first part: when the EPJ took this content out.';
COMMENT ON COLUMN content.consultation_version.sequence IS
    'Version, second part: the delivery it came in.';
COMMENT ON COLUMN content.consultation_version.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.consultation_version.person_key IS
    'Pseudonym; absent where the sender knew no id.';
COMMENT ON COLUMN content.consultation_version.service IS
    'As reported.';
COMMENT ON COLUMN content.consultation_version.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.consultation_version.time_precision IS
    'minute or date.';
COMMENT ON COLUMN content.consultation_version.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.contact_form IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.programme_step_reported IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.programme_step IS
    'Step of hst_programme, by the programme in force on the date.';
COMMENT ON COLUMN content.consultation_version.programme_step_found_by IS
    'reported; or age, grade or school_year, where it is only a candidate.';
COMMENT ON COLUMN content.consultation_version.grade IS
    'School grade 1-13.';
COMMENT ON COLUMN content.consultation_version.duration_minutes IS
    'Minutes.';
COMMENT ON COLUMN content.consultation_version.group_key IS
    'HMAC of the group id within the unit.';
COMMENT ON COLUMN content.consultation_version.group_size IS
    'Participants.';
COMMENT ON COLUMN content.consultation_version.practitioner_roles IS
    'Codes as reported.';
COMMENT ON COLUMN content.consultation_version.municipality_code IS
    'Code as it was in the record, padded to 4 digits.';
COMMENT ON COLUMN content.consultation_version.municipality_valid IS
    'Whether that code was valid on the date.';
COMMENT ON COLUMN content.consultation_version.district_code IS
    'Code as it was in the record.';
COMMENT ON COLUMN content.consultation_version.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.consultation_version.age_months IS
    'Completed calendar months of that age.';
COMMENT ON COLUMN content.consultation_version.sex IS
    '1 male, 2 female, 0 not known, 9 not specified.';
COMMENT ON COLUMN content.consultation_version.weight_g IS
    'Grams.';
COMMENT ON COLUMN content.consultation_version.weight_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.weight_z IS
    'WHO z-score of weight for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_version.weight_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_version.weight_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_version.length_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.consultation_version.length_position IS
    'LIGGENDE or STAENDE.';
COMMENT ON COLUMN content.consultation_version.length_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.length_z IS
    'WHO z-score of length or height, adjusted for position around 731 days as WHO does, for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_version.length_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_version.length_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_version.bmi_z IS
    'WHO z-score of the body mass index for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_version.bmi_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_version.bmi_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_version.head_circumference_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.consultation_version.head_circumference_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.head_circumference_z IS
    'WHO z-score of head circumference for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_version.head_circumference_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_version.head_circumference_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_version.breastfeeding IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_version.breastfeeding_status IS
    'FULLT, DELVIS, IKKE, IKKE_SPURT or UKJENT; service 0-5 years only.';
COMMENT ON COLUMN content.consultation_version.maternity_discharge_date IS
    'Day of coming home.';
COMMENT ON COLUMN content.consultation_version.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.consultation_version.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.consultation_version.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.consultation_version.reference_version IS
    'Reference data it was enriched with.';
COMMENT ON COLUMN content.consultation_version.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.consultation_version.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.consultation_version.source_offset IS
    'Offset of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.consultation_version.revision IS
    'Number of records written for the key since its own system last reported it: 0 is the report itself.';
COMMENT ON COLUMN content.consultation_version.recorded_at IS
    'Transaction time: when the broker received the delivery or command that caused the record.';

COMMENT ON TABLE content.appointment_version IS
    'Every record of kpr.hst.appointment, not only the last of its key. Erased keys have none.';
COMMENT ON COLUMN content.appointment_version.appointment_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.appointment_version.status IS
    'live, deleted or superseded. A deleted or superseded record is a marker: its content is null.';
COMMENT ON COLUMN content.appointment_version.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.appointment_version.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.appointment_version.extracted_at IS
    'Version, first part.';
COMMENT ON COLUMN content.appointment_version.sequence IS
    'Version, second part.';
COMMENT ON COLUMN content.appointment_version.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.appointment_version.person_key IS
    'Pseudonym.';
COMMENT ON COLUMN content.appointment_version.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.appointment_version.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.appointment_version.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.appointment_version.municipality_code IS
    'Of the delivery, padded to 4 digits.';
COMMENT ON COLUMN content.appointment_version.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.appointment_version.sex IS
    'As for a consultation.';
COMMENT ON COLUMN content.appointment_version.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.appointment_version.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.appointment_version.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.appointment_version.reference_version IS
    'Reference data it was enriched with.';
COMMENT ON COLUMN content.appointment_version.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.appointment_version.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.appointment_version.source_offset IS
    'Offset of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.appointment_version.revision IS
    'Number of records written for the key since its own system last reported it: 0 is the report itself.';
COMMENT ON COLUMN content.appointment_version.recorded_at IS
    'Transaction time: when the broker received the delivery or command that caused the record.';

COMMENT ON VIEW content.consultation_history IS
    'Every version of every consultation with its valid time and its transaction time.';
COMMENT ON COLUMN content.consultation_history.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.consultation_history.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.consultation_history.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.consultation_history.extracted_at IS
    'Version, first part: when the EPJ took this content out.';
COMMENT ON COLUMN content.consultation_history.sequence IS
    'Version, second part: the delivery it came in.';
COMMENT ON COLUMN content.consultation_history.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.consultation_history.person_key IS
    'Pseudonym; absent where the sender knew no id.';
COMMENT ON COLUMN content.consultation_history.service IS
    'As reported.';
COMMENT ON COLUMN content.consultation_history.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.consultation_history.time_precision IS
    'minute or date.';
COMMENT ON COLUMN content.consultation_history.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.contact_form IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.programme_step_reported IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.programme_step IS
    'Step of hst_programme, by the programme in force on the date.';
COMMENT ON COLUMN content.consultation_history.programme_step_found_by IS
    'reported; or age, grade or school_year, where it is only a candidate.';
COMMENT ON COLUMN content.consultation_history.grade IS
    'School grade 1-13.';
COMMENT ON COLUMN content.consultation_history.duration_minutes IS
    'Minutes.';
COMMENT ON COLUMN content.consultation_history.group_key IS
    'HMAC of the group id within the unit.';
COMMENT ON COLUMN content.consultation_history.group_size IS
    'Participants.';
COMMENT ON COLUMN content.consultation_history.practitioner_roles IS
    'Codes as reported.';
COMMENT ON COLUMN content.consultation_history.municipality_code IS
    'Code as it was in the record, padded to 4 digits.';
COMMENT ON COLUMN content.consultation_history.municipality_valid IS
    'Whether that code was valid on the date.';
COMMENT ON COLUMN content.consultation_history.district_code IS
    'Code as it was in the record.';
COMMENT ON COLUMN content.consultation_history.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.consultation_history.age_months IS
    'Completed calendar months of that age.';
COMMENT ON COLUMN content.consultation_history.sex IS
    '1 male, 2 female, 0 not known, 9 not specified.';
COMMENT ON COLUMN content.consultation_history.weight_g IS
    'Grams.';
COMMENT ON COLUMN content.consultation_history.weight_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.weight_z IS
    'WHO z-score of weight for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_history.weight_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_history.weight_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_history.length_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.consultation_history.length_position IS
    'LIGGENDE or STAENDE.';
COMMENT ON COLUMN content.consultation_history.length_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.length_z IS
    'WHO z-score of length or height, adjusted for position around 731 days as WHO does, for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_history.length_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_history.length_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_history.bmi_z IS
    'WHO z-score of the body mass index for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_history.bmi_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_history.bmi_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_history.head_circumference_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.consultation_history.head_circumference_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.head_circumference_z IS
    'WHO z-score of head circumference for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.consultation_history.head_circumference_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.consultation_history.head_circumference_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.consultation_history.breastfeeding IS
    'Code as reported.';
COMMENT ON COLUMN content.consultation_history.breastfeeding_status IS
    'FULLT, DELVIS, IKKE, IKKE_SPURT or UKJENT; service 0-5 years only.';
COMMENT ON COLUMN content.consultation_history.maternity_discharge_date IS
    'Day of coming home.';
COMMENT ON COLUMN content.consultation_history.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.consultation_history.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.consultation_history.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.consultation_history.reference_version IS
    'Reference data it was enriched with.';
COMMENT ON COLUMN content.consultation_history.status IS
    'live, deleted or superseded. A deleted or superseded record is a marker: its content is null.';
COMMENT ON COLUMN content.consultation_history.revision IS
    'Number of records written for the key since its own system last reported it: 0 is the report itself.';
COMMENT ON COLUMN content.consultation_history.valid_from IS
    'Valid time: when the EPJ took the content out. The version says what was so from then on.';
COMMENT ON COLUMN content.consultation_history.valid_to IS
    'Valid time of the next version; null for the newest.';
COMMENT ON COLUMN content.consultation_history.recorded_at IS
    'Transaction time: when the broker received the delivery or command that caused the record.';
COMMENT ON COLUMN content.consultation_history.replaced_at IS
    'Transaction time from which a later version was known; null while this one is the newest.';

COMMENT ON VIEW content.appointment_history IS
    'Every version of every appointment with its valid time and its transaction time.';
COMMENT ON COLUMN content.appointment_history.appointment_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.appointment_history.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.appointment_history.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.appointment_history.extracted_at IS
    'Version, first part.';
COMMENT ON COLUMN content.appointment_history.sequence IS
    'Version, second part.';
COMMENT ON COLUMN content.appointment_history.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.appointment_history.person_key IS
    'Pseudonym.';
COMMENT ON COLUMN content.appointment_history.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.appointment_history.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.appointment_history.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.appointment_history.municipality_code IS
    'Of the delivery, padded to 4 digits.';
COMMENT ON COLUMN content.appointment_history.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.appointment_history.sex IS
    'As for a consultation.';
COMMENT ON COLUMN content.appointment_history.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.appointment_history.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.appointment_history.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.appointment_history.reference_version IS
    'Reference data it was enriched with.';
COMMENT ON COLUMN content.appointment_history.status IS
    'live, deleted or superseded. A deleted or superseded record is a marker: its content is null.';
COMMENT ON COLUMN content.appointment_history.revision IS
    'Number of records written for the key since its own system last reported it: 0 is the report itself.';
COMMENT ON COLUMN content.appointment_history.valid_from IS
    'Valid time: when the EPJ took the content out. The version says what was so from then on.';
COMMENT ON COLUMN content.appointment_history.valid_to IS
    'Valid time of the next version; null for the newest.';
COMMENT ON COLUMN content.appointment_history.recorded_at IS
    'Transaction time: when the broker received the delivery or command that caused the record.';
COMMENT ON COLUMN content.appointment_history.replaced_at IS
    'Transaction time from which a later version was known; null while this one is the newest.';

COMMENT ON VIEW content.live_consultation IS
    'Consultations that are live: neither deleted nor superseded.';
COMMENT ON COLUMN content.live_consultation.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.live_consultation.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.live_consultation.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.live_consultation.extracted_at IS
    'Version, first part: when the EPJ took this content out.';
COMMENT ON COLUMN content.live_consultation.sequence IS
    'Version, second part: the delivery it came in.';
COMMENT ON COLUMN content.live_consultation.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.live_consultation.person_key IS
    'Pseudonym; absent where the sender knew no id.';
COMMENT ON COLUMN content.live_consultation.service IS
    'As reported.';
COMMENT ON COLUMN content.live_consultation.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.live_consultation.time_precision IS
    'minute or date.';
COMMENT ON COLUMN content.live_consultation.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.contact_form IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.programme_step_reported IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.programme_step IS
    'Step of hst_programme, by the programme in force on the date.';
COMMENT ON COLUMN content.live_consultation.programme_step_found_by IS
    'reported; or age, grade or school_year, where it is only a candidate.';
COMMENT ON COLUMN content.live_consultation.grade IS
    'School grade 1-13.';
COMMENT ON COLUMN content.live_consultation.duration_minutes IS
    'Minutes.';
COMMENT ON COLUMN content.live_consultation.group_key IS
    'HMAC of the group id within the unit.';
COMMENT ON COLUMN content.live_consultation.group_size IS
    'Participants.';
COMMENT ON COLUMN content.live_consultation.practitioner_roles IS
    'Codes as reported.';
COMMENT ON COLUMN content.live_consultation.municipality_code IS
    'Code as it was in the record, padded to 4 digits.';
COMMENT ON COLUMN content.live_consultation.municipality_valid IS
    'Whether that code was valid on the date.';
COMMENT ON COLUMN content.live_consultation.district_code IS
    'Code as it was in the record.';
COMMENT ON COLUMN content.live_consultation.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.live_consultation.age_months IS
    'Completed calendar months of that age.';
COMMENT ON COLUMN content.live_consultation.sex IS
    '1 male, 2 female, 0 not known, 9 not specified.';
COMMENT ON COLUMN content.live_consultation.weight_g IS
    'Grams.';
COMMENT ON COLUMN content.live_consultation.weight_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.weight_z IS
    'WHO z-score of weight for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.live_consultation.weight_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.live_consultation.weight_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.live_consultation.length_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.live_consultation.length_position IS
    'LIGGENDE or STAENDE.';
COMMENT ON COLUMN content.live_consultation.length_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.length_z IS
    'WHO z-score of length or height, adjusted for position around 731 days as WHO does, for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.live_consultation.length_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.live_consultation.length_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.live_consultation.bmi_z IS
    'WHO z-score of the body mass index for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.live_consultation.bmi_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.live_consultation.bmi_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.live_consultation.head_circumference_mm IS
    'Millimetres.';
COMMENT ON COLUMN content.live_consultation.head_circumference_reason_not_measured IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.head_circumference_z IS
    'WHO z-score of head circumference for age and sex, two decimals; services 0-5 years and school, sex 1 or 2 only.';
COMMENT ON COLUMN content.live_consultation.head_circumference_z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.live_consultation.head_circumference_z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';
COMMENT ON COLUMN content.live_consultation.breastfeeding IS
    'Code as reported.';
COMMENT ON COLUMN content.live_consultation.breastfeeding_status IS
    'FULLT, DELVIS, IKKE, IKKE_SPURT or UKJENT; service 0-5 years only.';
COMMENT ON COLUMN content.live_consultation.maternity_discharge_date IS
    'Day of coming home.';
COMMENT ON COLUMN content.live_consultation.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.live_consultation.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.live_consultation.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.live_consultation.reference_version IS
    'Reference data it was enriched with.';

COMMENT ON VIEW content.live_appointment IS
    'Appointments that are live: neither deleted nor superseded.';
COMMENT ON COLUMN content.live_appointment.appointment_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.live_appointment.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.live_appointment.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.live_appointment.extracted_at IS
    'Version, first part.';
COMMENT ON COLUMN content.live_appointment.sequence IS
    'Version, second part.';
COMMENT ON COLUMN content.live_appointment.received_at IS
    'When the broker received that delivery.';
COMMENT ON COLUMN content.live_appointment.person_key IS
    'Pseudonym.';
COMMENT ON COLUMN content.live_appointment.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.live_appointment.consultation_type IS
    'Code as reported.';
COMMENT ON COLUMN content.live_appointment.attendance IS
    'Code as reported.';
COMMENT ON COLUMN content.live_appointment.municipality_code IS
    'Of the delivery, padded to 4 digits.';
COMMENT ON COLUMN content.live_appointment.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.live_appointment.sex IS
    'As for a consultation.';
COMMENT ON COLUMN content.live_appointment.warnings IS
    'Ids of the rules that warned.';
COMMENT ON COLUMN content.live_appointment.set_aside IS
    'Names of fields whose value was impossible and is not here.';
COMMENT ON COLUMN content.live_appointment.rule_set_version IS
    'Rules it was judged by.';
COMMENT ON COLUMN content.live_appointment.reference_version IS
    'Reference data it was enriched with.';

COMMENT ON VIEW content.consultation_place IS
    'The municipality, county and district of today; null and undecided where nobody can tell.';
COMMENT ON COLUMN content.consultation_place.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.consultation_place.municipality_code IS
    'Code as it was in the record, padded to 4 digits.';
COMMENT ON COLUMN content.consultation_place.current_municipality_code IS
    'Municipality of today; null where nobody can tell.';
COMMENT ON COLUMN content.consultation_place.current_municipality_name IS
    'Its name.';
COMMENT ON COLUMN content.consultation_place.current_county_code IS
    'County of today.';
COMMENT ON COLUMN content.consultation_place.current_county_name IS
    'Its name.';
COMMENT ON COLUMN content.consultation_place.current_district_code IS
    'City district of today.';
COMMENT ON COLUMN content.consultation_place.current_found_by IS
    'How it was found: code, change, border, district, unit, undecided or unknown.';

COMMENT ON VIEW content.consultation_step IS
    'Consultations held that are, or may be, a step of the programme: early, on time or late, and what the programme in force on the day expected to be measured.';
COMMENT ON COLUMN content.consultation_step.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.consultation_step.person_key IS
    'Pseudonym; absent where the sender knew no id.';
COMMENT ON COLUMN content.consultation_step.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.consultation_step.programme_step IS
    'Step of hst_programme, by the programme in force on the date.';
COMMENT ON COLUMN content.consultation_step.programme_step_found_by IS
    'reported; or age, grade or school_year, where it is only a candidate.';
COMMENT ON COLUMN content.consultation_step.name_no IS
    'Name of the step, Bokmål.';
COMMENT ON COLUMN content.consultation_step.in_14_programme IS
    'Whether the step is one of the 14 consultations of the national programme.';
COMMENT ON COLUMN content.consultation_step.timeliness IS
    'early, on_time or late; null where the age is unknown.';
COMMENT ON COLUMN content.consultation_step.weight_expected IS
    'Whether the programme in force on the day expects a weight.';
COMMENT ON COLUMN content.consultation_step.weight_measured IS
    'Whether a weight was reported.';
COMMENT ON COLUMN content.consultation_step.length_expected IS
    'Whether the programme in force on the day expects a length.';
COMMENT ON COLUMN content.consultation_step.length_measured IS
    'Whether a length was reported.';
COMMENT ON COLUMN content.consultation_step.head_circumference_expected IS
    'Whether the programme in force on the day expects a head circumference.';
COMMENT ON COLUMN content.consultation_step.head_circumference_measured IS
    'Whether a head circumference was reported.';
COMMENT ON COLUMN content.consultation_step.breastfeeding_expected IS
    'Whether the programme in force on the day expects breastfeeding to be asked about.';
COMMENT ON COLUMN content.consultation_step.breastfeeding_known IS
    'Whether the answer is one of FULLT, DELVIS, IKKE.';

COMMENT ON VIEW content.breastfeeding_contradiction IS
    'Fully breastfed after another status was reported for the same child, over all units.';
COMMENT ON COLUMN content.breastfeeding_contradiction.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.breastfeeding_contradiction.person_key IS
    'Pseudonym; absent where the sender knew no id.';
COMMENT ON COLUMN content.breastfeeding_contradiction.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.breastfeeding_contradiction.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.breastfeeding_contradiction.less_since_age_days IS
    'Age in days of the first report of less than full breastfeeding.';

COMMENT ON VIEW content.measurement IS
    'One row for each value that a live consultation reports as measured, or as not measured with a reason.';
COMMENT ON COLUMN content.measurement.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.measurement.person_key IS
    'Pseudonym; absent where the sender knew no id.';
COMMENT ON COLUMN content.measurement.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.measurement.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.measurement.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.measurement.age_days IS
    'Chronological age on the date, in days.';
COMMENT ON COLUMN content.measurement.programme_step IS
    'Step of hst_programme, by the programme in force on the date.';
COMMENT ON COLUMN content.measurement.kind IS
    'weight, length or head_circumference.';
COMMENT ON COLUMN content.measurement.value IS
    'The value in its unit; null where it was not measured.';
COMMENT ON COLUMN content.measurement.unit IS
    'g or mm.';
COMMENT ON COLUMN content.measurement.position IS
    'LIGGENDE or STAENDE, of a length.';
COMMENT ON COLUMN content.measurement.reason_not_measured IS
    'Why there is no value: code as reported.';
COMMENT ON COLUMN content.measurement.z IS
    'WHO z-score of the value for age and sex, two decimals.';
COMMENT ON COLUMN content.measurement.z_reference IS
    'WHO_2006 (Child Growth Standards, below 60 months) or WHO_2007 (reference 5-19 years).';
COMMENT ON COLUMN content.measurement.z_flag IS
    'Whether the z-score is beyond WHO''s limits of plausibility; it stays.';

COMMENT ON VIEW content.set_aside_value IS
    'One row for each field of a live item whose value was impossible and was left out. Never the value.';
COMMENT ON COLUMN content.set_aside_value.message_type IS
    'consultation or appointment.';
COMMENT ON COLUMN content.set_aside_value.item_key IS
    'Key of the consultation or appointment.';
COMMENT ON COLUMN content.set_aside_value.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.set_aside_value.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.set_aside_value.date IS
    'Local date of the start.';
COMMENT ON COLUMN content.set_aside_value.field IS
    'Name of the field that was left out.';
COMMENT ON COLUMN content.set_aside_value.rule_set_version IS
    'Rules it was judged by.';

COMMENT ON VIEW content.unit_municipality IS
    'For codes that were divided: the current municipality that the unit itself reported later.';
COMMENT ON COLUMN content.unit_municipality.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.unit_municipality.code IS
    'A municipality code that was divided.';
COMMENT ON COLUMN content.unit_municipality.current_code IS
    'Municipality of today.';

COMMENT ON VIEW content.found_across_units IS
    'Consultations that a unit and its successor have both reported: what is to be marked.';
COMMENT ON COLUMN content.found_across_units.consultation_key IS
    'HMAC of unit, system and local id; 32 hexadecimal digits; never changes.';
COMMENT ON COLUMN content.found_across_units.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.found_across_units.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.found_across_units.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.found_across_units.source_offset IS
    'Offset of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.found_across_units.winner_key IS
    'Key of the same consultation under the unit''s new number.';
COMMENT ON COLUMN content.found_across_units.winner_org_nr IS
    'The unit''s new number.';

COMMENT ON TABLE content.sink_position IS
    'Where the content sink resumes reading each partition; changed in the transaction of its rows.';
COMMENT ON COLUMN content.sink_position.topic IS
    'Kafka topic.';
COMMENT ON COLUMN content.sink_position.partition IS
    'Its partition.';
COMMENT ON COLUMN content.sink_position.next_offset IS
    'The offset that is read next.';
COMMENT ON COLUMN content.sink_position.epoch IS
    'Counts how often the partition was read again.';
COMMENT ON COLUMN content.sink_position.rebuild_until IS
    'Offset at which a rebuild in progress ends; null if there is none.';
COMMENT ON COLUMN content.sink_position.noted_at IS
    'When the position was last confirmed.';
COMMENT ON COLUMN content.sink_position.topic_id IS
    'Id of the topic that the offset belongs to.';
COMMENT ON COLUMN content.sink_position.first_epoch IS
    'First epoch of which the log still has every key: a key that it lacks was erased.';

COMMENT ON TABLE content.delivery IS
    'One row for each receipt, by its first part. Kept longer than the receipt''s topic; without local ids.';
COMMENT ON COLUMN content.delivery.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.delivery.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.delivery.municipality_code IS
    'Municipality of the unit on the day, 4 digits with leading zero (SSB KLASS 131).';
COMMENT ON COLUMN content.delivery.district_code IS
    'City district of the unit, 6 digits with leading zero (SSB KLASS 103).';
COMMENT ON COLUMN content.delivery.message_type IS
    'consultation, appointment or hello.';
COMMENT ON COLUMN content.delivery.sequence IS
    'The sequence answered.';
COMMENT ON COLUMN content.delivery.attempt IS
    'The attempt answered.';
COMMENT ON COLUMN content.delivery.delivery_id IS
    'The delivery answered.';
COMMENT ON COLUMN content.delivery.period_from IS
    'First day the delivery covers.';
COMMENT ON COLUMN content.delivery.period_to IS
    'Last day the delivery covers, inclusive. Items may lie outside: corrections do.';
COMMENT ON COLUMN content.delivery.extracted_at IS
    'When the EPJ took the content out. Newer content wins by (extracted_at, sequence).';
COMMENT ON COLUMN content.delivery.received_at IS
    'When the broker received the delivery.';
COMMENT ON COLUMN content.delivery.processed_at IS
    'When the receiver handed the receipt to the broker; null for receipts of earlier releases.';
COMMENT ON COLUMN content.delivery.status IS
    'processed, repeated, refused, out_of_order, sequence_reused, too_old or hello. See docs/vendor/receipts.md.';
COMMENT ON COLUMN content.delivery.reason IS
    'Stable code of the cause when the status is refused, for example DIGEST_MISMATCH.';
COMMENT ON COLUMN content.delivery.cause IS
    'Why the delivery was refused, exactly: a cause of docs/vendor/receipts.md. Several causes share a reason.';
COMMENT ON COLUMN content.delivery.resend IS
    'After a refusal: corrected (send the mended delivery) or unchanged (send the same delivery once the cause is gone). Same sequence, next attempt.';
COMMENT ON COLUMN content.delivery.unit_blocked IS
    'Whether the unit and system wait for a delivery with expected_sequence after this answer.';
COMMENT ON COLUMN content.delivery.expected_sequence IS
    'The sequence this unit and system should send next.';
COMMENT ON COLUMN content.delivery.notes IS
    'What is not right in the envelope, and cost nothing.';
COMMENT ON COLUMN content.delivery.item_count IS
    'Items received in the delivery; the sum of counts.';
COMMENT ON COLUMN content.delivery.accepted_items IS
    'Items godtatt: new.';
COMMENT ON COLUMN content.delivery.corrected_items IS
    'Items rettet: known, new content.';
COMMENT ON COLUMN content.delivery.deleted_items IS
    'Items slettet.';
COMMENT ON COLUMN content.delivery.duplicate_items IS
    'Items duplikat: known, same content.';
COMMENT ON COLUMN content.delivery.superseded_items IS
    'Items erstattet: the unit''s newer system already has them.';
COMMENT ON COLUMN content.delivery.stale_items IS
    'Items utdatert: older than what is known.';
COMMENT ON COLUMN content.delivery.rejected_items IS
    'Items avvist: in quarantine.';
COMMENT ON COLUMN content.delivery.software_version IS
    'Version of the EPJ software that made the export.';
COMMENT ON COLUMN content.delivery.contract_version IS
    'Version of the item contract the payload is written in, for example 1.';
COMMENT ON COLUMN content.delivery.rule_set_version IS
    'Version of the rules it was judged by.';
COMMENT ON COLUMN content.delivery.parts IS
    'Number of parts.';
COMMENT ON COLUMN content.delivery.delivery_partition IS
    'Partition of the delivery.';
COMMENT ON COLUMN content.delivery.delivery_offset IS
    'Offset of the delivery on its topic; -1 for the receipt of a replay.';
COMMENT ON COLUMN content.delivery.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.delivery.source_partition IS
    'Partition of the delivery answered.';
COMMENT ON COLUMN content.delivery.source_offset IS
    'Offset of the delivery answered.';

COMMENT ON TABLE content.delivery_finding IS
    'The findings of a receipt''s items, counted by rule and field for each part of the receipt.';
COMMENT ON COLUMN content.delivery_finding.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.delivery_finding.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.delivery_finding.received_at IS
    'When the broker received the delivery.';
COMMENT ON COLUMN content.delivery_finding.part IS
    'From 1. A receipt over 900 kB comes in parts: the counts stand in every part, the items are divided.';
COMMENT ON COLUMN content.delivery_finding.rule IS
    'Stable rule id.';
COMMENT ON COLUMN content.delivery_finding.severity IS
    'reject, set_aside or warn; null where the receipt has no text of the rule.';
COMMENT ON COLUMN content.delivery_finding.pointer IS
    'JSON pointer to the field in the item.';
COMMENT ON COLUMN content.delivery_finding.items IS
    'In order of index.';
COMMENT ON COLUMN content.delivery_finding.delivery_partition IS
    'Partition of the delivery.';
COMMENT ON COLUMN content.delivery_finding.delivery_offset IS
    'Offset of the delivery on its topic; -1 for the receipt of a replay.';
COMMENT ON COLUMN content.delivery_finding.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.delivery_finding.source_partition IS
    'Partition of the delivery answered.';
COMMENT ON COLUMN content.delivery_finding.source_offset IS
    'Offset of the delivery answered.';

COMMENT ON TABLE content.unit IS
    'Mirror of kpr.hst.unit: the newest state of every unit and system.';
COMMENT ON COLUMN content.unit.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.unit.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.unit.municipality_code IS
    'As in the newest processed delivery.';
COMMENT ON COLUMN content.unit.next_sequence IS
    'The sequence expected next.';
COMMENT ON COLUMN content.unit.missing_sequences IS
    'Sequences that an operator let the unit skip, and that have not come since.';
COMMENT ON COLUMN content.unit.blocked_since IS
    'Broker time of the delivery that could not be opened; absent when not blocked.';
COMMENT ON COLUMN content.unit.blocked_reason IS
    'Stable code of the refusal.';
COMMENT ON COLUMN content.unit.software_version IS
    'As in the newest delivery.';
COMMENT ON COLUMN content.unit.first_delivery_at IS
    'Broker time of the first delivery that was processed; of a unit''s systems, the one that began later is the newer.';
COMMENT ON COLUMN content.unit.last_delivery_at IS
    'Broker time of the newest delivery of any outcome.';
COMMENT ON COLUMN content.unit.last_processed_at IS
    'Broker time of the newest processed delivery, empty ones included. Refused deliveries and hellos do not count.';
COMMENT ON COLUMN content.unit.last_content_at IS
    'Broker time of the newest processed delivery that held items.';
COMMENT ON COLUMN content.unit.paused_from IS
    'First date of a planned pause: silence is expected.';
COMMENT ON COLUMN content.unit.paused_until IS
    'Last date of the pause; absent when it lasts until it is lifted.';
COMMENT ON COLUMN content.unit.agreed_from IS
    'First date on which this system may report for this unit; absent when no agreement is registered.';
COMMENT ON COLUMN content.unit.agreed_to IS
    'Last date on which it may; absent while the agreement runs.';
COMMENT ON COLUMN content.unit.counted_from IS
    'Sequence of the first delivery that is counted: 1, or later where a release before this version received the earlier ones.';
COMMENT ON COLUMN content.unit.deliveries IS
    'Deliveries.';
COMMENT ON COLUMN content.unit.empty_deliveries IS
    'Deliveries without items among them: quiet days, reported.';
COMMENT ON COLUMN content.unit.refused_attempts IS
    'Attempts refused, each of them.';
COMMENT ON COLUMN content.unit.accepted_items IS
    'Items godtatt: new.';
COMMENT ON COLUMN content.unit.corrected_items IS
    'Items rettet: known, new content.';
COMMENT ON COLUMN content.unit.deleted_items IS
    'Items slettet.';
COMMENT ON COLUMN content.unit.duplicate_items IS
    'Items duplikat: known, same content.';
COMMENT ON COLUMN content.unit.superseded_items IS
    'Items erstattet: the unit''s newer system already has them.';
COMMENT ON COLUMN content.unit.stale_items IS
    'Items utdatert: older than what is known.';
COMMENT ON COLUMN content.unit.rejected_items IS
    'Items avvist: in quarantine.';
COMMENT ON COLUMN content.unit.covered_months IS
    'Months that the periods of the processed deliveries cover, one bit a month, little-endian: bit 0 of the first byte is January 2017. Absent in states written by earlier releases.';
COMMENT ON COLUMN content.unit.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.unit.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.unit.source_offset IS
    'Offset of the Kafka record that the row comes from.';

COMMENT ON TABLE content.quarantine_state IS
    'Mirror of kpr.hst.quarantine-state: what became of each rejected item, without the item''s key.';
COMMENT ON COLUMN content.quarantine_state.quarantine_id IS
    'The item.';
COMMENT ON COLUMN content.quarantine_state.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN content.quarantine_state.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN content.quarantine_state.state IS
    'open, replayed, discarded or closed (a corrected version was accepted).';
COMMENT ON COLUMN content.quarantine_state.since IS
    'Broker time of the record that brought it there.';
COMMENT ON COLUMN content.quarantine_state.rules IS
    'Ids of the rules it broke.';
COMMENT ON COLUMN content.quarantine_state.message_type IS
    'consultation or appointment.';
COMMENT ON COLUMN content.quarantine_state.sequence IS
    'Of the delivery it came in.';
COMMENT ON COLUMN content.quarantine_state.software_version IS
    'Of that delivery.';
COMMENT ON COLUMN content.quarantine_state.source_epoch IS
    'How often the partition had been read again when the row was written.';
COMMENT ON COLUMN content.quarantine_state.source_partition IS
    'Partition of the Kafka record that the row comes from.';
COMMENT ON COLUMN content.quarantine_state.source_offset IS
    'Offset of the Kafka record that the row comes from.';

COMMENT ON VIEW reporting.delivery IS
    'What units have delivered: one row for each receipt. A municipality sees its own.';
COMMENT ON COLUMN reporting.delivery.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN reporting.delivery.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN reporting.delivery.municipality_code IS
    'Municipality of the unit on the day, 4 digits with leading zero (SSB KLASS 131).';
COMMENT ON COLUMN reporting.delivery.district_code IS
    'City district of the unit, 6 digits with leading zero (SSB KLASS 103).';
COMMENT ON COLUMN reporting.delivery.message_type IS
    'consultation, appointment or hello.';
COMMENT ON COLUMN reporting.delivery.sequence IS
    'The sequence answered.';
COMMENT ON COLUMN reporting.delivery.attempt IS
    'The attempt answered.';
COMMENT ON COLUMN reporting.delivery.period_from IS
    'First day the delivery covers.';
COMMENT ON COLUMN reporting.delivery.period_to IS
    'Last day the delivery covers, inclusive. Items may lie outside: corrections do.';
COMMENT ON COLUMN reporting.delivery.extracted_at IS
    'When the EPJ took the content out. Newer content wins by (extracted_at, sequence).';
COMMENT ON COLUMN reporting.delivery.received_at IS
    'When the broker received the delivery.';
COMMENT ON COLUMN reporting.delivery.processed_at IS
    'When the receiver handed the receipt to the broker; null for receipts of earlier releases.';
COMMENT ON COLUMN reporting.delivery.status IS
    'processed, repeated, refused, out_of_order, sequence_reused, too_old or hello. See docs/vendor/receipts.md.';
COMMENT ON COLUMN reporting.delivery.reason IS
    'Stable code of the cause when the status is refused, for example DIGEST_MISMATCH.';
COMMENT ON COLUMN reporting.delivery.cause IS
    'Why the delivery was refused, exactly: a cause of docs/vendor/receipts.md. Several causes share a reason.';
COMMENT ON COLUMN reporting.delivery.resend IS
    'After a refusal: corrected (send the mended delivery) or unchanged (send the same delivery once the cause is gone). Same sequence, next attempt.';
COMMENT ON COLUMN reporting.delivery.notes IS
    'What is not right in the envelope, and cost nothing.';
COMMENT ON COLUMN reporting.delivery.item_count IS
    'Items received in the delivery; the sum of counts.';
COMMENT ON COLUMN reporting.delivery.accepted_items IS
    'Items godtatt: new.';
COMMENT ON COLUMN reporting.delivery.corrected_items IS
    'Items rettet: known, new content.';
COMMENT ON COLUMN reporting.delivery.deleted_items IS
    'Items slettet.';
COMMENT ON COLUMN reporting.delivery.duplicate_items IS
    'Items duplikat: known, same content.';
COMMENT ON COLUMN reporting.delivery.superseded_items IS
    'Items erstattet: the unit''s newer system already has them.';
COMMENT ON COLUMN reporting.delivery.stale_items IS
    'Items utdatert: older than what is known.';
COMMENT ON COLUMN reporting.delivery.rejected_items IS
    'Items avvist: in quarantine.';
COMMENT ON COLUMN reporting.delivery.software_version IS
    'Version of the EPJ software that made the export.';
COMMENT ON COLUMN reporting.delivery.contract_version IS
    'Version of the item contract the payload is written in, for example 1.';
COMMENT ON COLUMN reporting.delivery.rule_set_version IS
    'Version of the rules it was judged by.';

COMMENT ON VIEW reporting.finding IS
    'The findings of processed deliveries, counted by rule and field. A municipality sees its own.';
COMMENT ON COLUMN reporting.finding.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN reporting.finding.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN reporting.finding.municipality_code IS
    'Municipality, 4 digits with leading zero, as the delivery names it.';
COMMENT ON COLUMN reporting.finding.sequence IS
    'The sequence answered.';
COMMENT ON COLUMN reporting.finding.message_type IS
    'consultation, appointment or hello.';
COMMENT ON COLUMN reporting.finding.received_at IS
    'When the broker received the delivery.';
COMMENT ON COLUMN reporting.finding.rule IS
    'Stable rule id.';
COMMENT ON COLUMN reporting.finding.severity IS
    'reject, set_aside or warn; null where the receipt has no text of the rule.';
COMMENT ON COLUMN reporting.finding.pointer IS
    'JSON pointer to the field in the item.';
COMMENT ON COLUMN reporting.finding.items IS
    'In order of index.';

COMMENT ON VIEW reporting.unit IS
    'The newest state of every unit and system. A municipality sees its own.';
COMMENT ON COLUMN reporting.unit.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN reporting.unit.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN reporting.unit.municipality_code IS
    'As in the newest processed delivery.';
COMMENT ON COLUMN reporting.unit.missing_sequences IS
    'Sequences that an operator let the unit skip, and that have not come since.';
COMMENT ON COLUMN reporting.unit.blocked_since IS
    'Broker time of the delivery that could not be opened; absent when not blocked.';
COMMENT ON COLUMN reporting.unit.blocked_reason IS
    'Stable code of the refusal.';
COMMENT ON COLUMN reporting.unit.software_version IS
    'As in the newest delivery.';
COMMENT ON COLUMN reporting.unit.first_delivery_at IS
    'Broker time of the first delivery that was processed; of a unit''s systems, the one that began later is the newer.';
COMMENT ON COLUMN reporting.unit.last_delivery_at IS
    'Broker time of the newest delivery of any outcome.';
COMMENT ON COLUMN reporting.unit.last_processed_at IS
    'Broker time of the newest processed delivery, empty ones included. Refused deliveries and hellos do not count.';
COMMENT ON COLUMN reporting.unit.last_content_at IS
    'Broker time of the newest processed delivery that held items.';
COMMENT ON COLUMN reporting.unit.paused_from IS
    'First date of a planned pause: silence is expected.';
COMMENT ON COLUMN reporting.unit.paused_until IS
    'Last date of the pause; absent when it lasts until it is lifted.';
COMMENT ON COLUMN reporting.unit.agreed_from IS
    'First date on which this system may report for this unit; absent when no agreement is registered.';
COMMENT ON COLUMN reporting.unit.agreed_to IS
    'Last date on which it may; absent while the agreement runs.';
COMMENT ON COLUMN reporting.unit.deliveries IS
    'Deliveries.';
COMMENT ON COLUMN reporting.unit.empty_deliveries IS
    'Deliveries without items among them: quiet days, reported.';
COMMENT ON COLUMN reporting.unit.refused_attempts IS
    'Attempts refused, each of them.';
COMMENT ON COLUMN reporting.unit.accepted_items IS
    'Items godtatt: new.';
COMMENT ON COLUMN reporting.unit.corrected_items IS
    'Items rettet: known, new content.';
COMMENT ON COLUMN reporting.unit.deleted_items IS
    'Items slettet.';
COMMENT ON COLUMN reporting.unit.duplicate_items IS
    'Items duplikat: known, same content.';
COMMENT ON COLUMN reporting.unit.superseded_items IS
    'Items erstattet: the unit''s newer system already has them.';
COMMENT ON COLUMN reporting.unit.stale_items IS
    'Items utdatert: older than what is known.';
COMMENT ON COLUMN reporting.unit.rejected_items IS
    'Items avvist: in quarantine.';
COMMENT ON COLUMN reporting.unit.covered_months IS
    'Months that the periods of the processed deliveries cover, one bit a month, little-endian: bit 0 of the first byte is January 2017. Absent in states written by earlier releases.';

COMMENT ON VIEW reporting.rejected_item IS
    'Rejected items, each without its id: what became of it. A municipality sees its own.';
COMMENT ON COLUMN reporting.rejected_item.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN reporting.rejected_item.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN reporting.rejected_item.municipality_code IS
    'As in the newest processed delivery.';
COMMENT ON COLUMN reporting.rejected_item.state IS
    'open, replayed, discarded or closed (a corrected version was accepted).';
COMMENT ON COLUMN reporting.rejected_item.since IS
    'Broker time of the record that brought it there.';
COMMENT ON COLUMN reporting.rejected_item.rules IS
    'Ids of the rules it broke.';
COMMENT ON COLUMN reporting.rejected_item.message_type IS
    'consultation or appointment.';
COMMENT ON COLUMN reporting.rejected_item.software_version IS
    'Of that delivery.';

COMMENT ON VIEW reporting.unit_day IS
    'One row for each unit, system and reported day, quiet days too. A municipality sees its own.';
COMMENT ON COLUMN reporting.unit_day.org_nr IS
    'Reporting unit.';
COMMENT ON COLUMN reporting.unit_day.system IS
    'EPJ system: visma-hspro, eg-infodoc, cgm-helsestasjon or helseplattformen.';
COMMENT ON COLUMN reporting.unit_day.municipality_code IS
    'Municipality, 4 digits with leading zero, as the delivery names it.';
COMMENT ON COLUMN reporting.unit_day.day IS
    'A day that the period of a processed delivery covers; not before 2017 nor after the receipt.';
COMMENT ON COLUMN reporting.unit_day.deliveries IS
    'Deliveries.';
COMMENT ON COLUMN reporting.unit_day.empty_deliveries IS
    'Deliveries without items among them: quiet days, reported.';
COMMENT ON COLUMN reporting.unit_day.first_received_at IS
    'When the first delivery that covers the day was received.';
COMMENT ON COLUMN reporting.unit_day.last_received_at IS
    'When the newest delivery that covers the day was received.';
COMMENT ON COLUMN reporting.unit_day.consultations IS
    'Live consultations of the day, whichever delivery brought them.';
COMMENT ON COLUMN reporting.unit_day.appointments IS
    'Live appointments of the day, whichever delivery brought them.';
