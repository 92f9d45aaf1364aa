-- Units and persons of a made-up nation of which {nation} consultations could be kept; {last} is the last
-- day.
CREATE SCHEMA bench;

-- A number of 0 up to 1 that follows from n and the seed alone.
CREATE FUNCTION bench.share(n bigint, seed bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT (hashint8extended(n, seed) & 2147483647)::double precision / 2147483648.0 $$;

CREATE FUNCTION bench.key_of(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT md5(kind || n)::uuid $$;

-- One row for some 1,500 residents of 0-19 years, so that a large municipality has many units.
CREATE TABLE bench.unit AS
SELECT row_number() OVER () AS n, (890000000 + row_number() OVER ())::text AS org_nr,
    (ARRAY['visma-hspro', 'cgm-helsestasjon'])[1 + (row_number() OVER () % 2)::int] AS system,
    m.code AS municipality_code, d.code AS district_code
FROM (
    SELECT m.code, coalesce(sum(r.residents) FILTER (
        WHERE r.year = (SELECT max(year) FROM reference.resident)), 0) AS residents
    FROM reference.municipality m
    LEFT JOIN reference.resident r ON r.municipality_code = m.code
    WHERE m.kind = 'municipality' AND m.valid_to IS NULL
    GROUP BY m.code
) m
CROSS JOIN LATERAL generate_series(0, m.residents / 1500) AS part (number)
LEFT JOIN LATERAL (
    SELECT code FROM reference.district d
    WHERE d.municipality_code = m.code AND d.valid_to IS NULL AND NOT d.unknown
    ORDER BY code OFFSET part.number % 15 LIMIT 1
) d ON true;
CREATE UNIQUE INDEX ON bench.unit (n);

-- Births of fourteen years. One person of fifty has a second number, linked to the first.
CREATE TABLE bench.person AS
SELECT n, bench.key_of('person', n) AS person_key,
    CASE WHEN n % 50 = 0 THEN bench.key_of('second', n) END AS second_key,
    date '{last}' - (14 * 365 * bench.share(n, 1))::int AS born,
    CASE WHEN bench.share(n, 2) < 0.51 THEN '1' ELSE '2' END AS sex,
    1 + floor(bench.share(n, 3) * (SELECT count(*) FROM bench.unit))::int AS unit
FROM generate_series(1, {nation} / 8) AS n;
ANALYZE bench.person, bench.unit;
