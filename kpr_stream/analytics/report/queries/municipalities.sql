-- Municipalities of today.
SELECT code, name, county_code, county_name FROM reference.municipality
WHERE valid_to IS NULL AND code <> '9999';
