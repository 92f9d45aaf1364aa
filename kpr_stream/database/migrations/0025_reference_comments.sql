-- What each table and column of the reference data is, for everybody who looks at them in a client.

COMMENT ON COLUMN reference.version.version IS 'Version of the reference data.';
COMMENT ON COLUMN reference.version.valid_from IS 'First day on which this version is used.';
COMMENT ON COLUMN reference.version.loaded_at IS 'When the tables were filled.';

COMMENT ON COLUMN reference.municipality.code IS 'Municipality number, 4 digits with leading zero.';
COMMENT ON COLUMN reference.municipality.name IS 'Name while the code was valid.';
COMMENT ON COLUMN reference.municipality.county_code IS 'County number, 2 digits.';
COMMENT ON COLUMN reference.municipality.county_name IS 'Name of the county.';
COMMENT ON COLUMN reference.municipality.valid_from IS 'First day of the code.';
COMMENT ON COLUMN reference.municipality.valid_to IS
    'First day after the code; null: valid today.';
COMMENT ON COLUMN reference.municipality.kind IS 'municipality, area or unknown.';

COMMENT ON TABLE reference.municipality_change IS
    'Each change of a municipality''s code: by a merger, a division or a new number.';
COMMENT ON COLUMN reference.municipality_change.old_code IS 'Code before the change.';
COMMENT ON COLUMN reference.municipality_change.new_code IS 'Code after the change.';
COMMENT ON COLUMN reference.municipality_change.change_date IS 'First day of the new code.';
COMMENT ON COLUMN reference.municipality_change.kind IS 'merge, recode or split.';

COMMENT ON COLUMN reference.municipality_current.code IS 'A code of any year.';
COMMENT ON COLUMN reference.municipality_current.current_code IS 'Municipality of today.';
COMMENT ON COLUMN reference.municipality_current.found_by IS
    'code (unchanged), change, border or undecided.';

COMMENT ON TABLE reference.district IS
    'City districts that there are and were; one unknown district for each city that has districts.';
COMMENT ON COLUMN reference.district.code IS 'City district, 6 digits.';
COMMENT ON COLUMN reference.district.name IS 'Its name.';
COMMENT ON COLUMN reference.district.municipality_code IS 'Municipality it is in.';
COMMENT ON COLUMN reference.district.valid_from IS 'First day of the code.';
COMMENT ON COLUMN reference.district.valid_to IS 'First day after the code; null: valid today.';
COMMENT ON COLUMN reference.district.unknown IS
    'Whether the code says that the district is not known.';
COMMENT ON COLUMN reference.district.current_code IS 'District of today.';
COMMENT ON COLUMN reference.district.current_municipality_code IS 'Municipality of today.';

COMMENT ON TABLE reference.programme_step IS
    'The steps (scheduled visits) of the programme, each with its windows and what is expected.';
COMMENT ON COLUMN reference.programme_step.code IS 'Code of the step.';
COMMENT ON COLUMN reference.programme_step.name_no IS 'Name of the step, Bokmål.';
COMMENT ON COLUMN reference.programme_step.name_en IS 'Name of the step, English.';
COMMENT ON COLUMN reference.programme_step.target_age_days IS 'Age at which the visit is due.';
COMMENT ON COLUMN reference.programme_step.window_from_days IS
    'Youngest age at which a visit is taken for this step.';
COMMENT ON COLUMN reference.programme_step.window_to_days IS
    'Oldest age at which a visit is taken for this step.';
COMMENT ON COLUMN reference.programme_step.on_time_from_days IS
    'Youngest age at which the visit is on time.';
COMMENT ON COLUMN reference.programme_step.on_time_to_days IS
    'Oldest age at which the visit is on time.';
COMMENT ON COLUMN reference.programme_step.weight_expected IS 'Whether a weight is expected.';
COMMENT ON COLUMN reference.programme_step.length_expected IS
    'Whether a length or height is expected.';
COMMENT ON COLUMN reference.programme_step.head_circumference_expected IS
    'Whether a head circumference is expected.';
COMMENT ON COLUMN reference.programme_step.breastfeeding_expected IS
    'Whether breastfeeding is to be asked about.';
COMMENT ON COLUMN reference.programme_step.home_visit_expected IS
    'Whether the visit is to be at home.';
COMMENT ON COLUMN reference.programme_step.in_14_programme IS
    'Whether the step is one of the 14 consultations of the national programme.';
COMMENT ON COLUMN reference.programme_step.grade IS
    'School grade of a step at school; null for a step by age.';
COMMENT ON COLUMN reference.programme_step.measurement_group IS
    'Group of steps whose measures are counted together.';
COMMENT ON COLUMN reference.programme_step.valid_from IS 'First day of this row.';
COMMENT ON COLUMN reference.programme_step.valid_to IS 'First day after this row; null: in force.';

COMMENT ON TABLE reference.code IS
    'Every code of the code lists that records use, with its meaning in two languages.';
COMMENT ON COLUMN reference.code.list IS 'Name of the code list.';
COMMENT ON COLUMN reference.code.code IS 'The code, as in the records.';
COMMENT ON COLUMN reference.code.name_no IS 'Meaning, Bokmål.';
COMMENT ON COLUMN reference.code.name_en IS 'Meaning, English.';
COMMENT ON COLUMN reference.code.status IS
    'official, official_retired or proposal: whether an official list has the code.';

COMMENT ON COLUMN reference.resident.municipality_code IS 'Municipality, borders of 2024.';
COMMENT ON COLUMN reference.resident.year IS 'Year of the count, on 1 January.';
COMMENT ON COLUMN reference.resident.age IS 'Age in completed years.';
COMMENT ON COLUMN reference.resident.sex IS '1 male, 2 female.';
COMMENT ON COLUMN reference.resident.residents IS 'Number of residents.';

COMMENT ON COLUMN kpr.environment.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN kpr.environment.name IS 'test or production.';
COMMENT ON COLUMN kpr.environment.marked_at IS 'When the database was marked.';
