-- Units and systems that have delivered, by the municipality of today. The district is that of the
-- newest delivery which named one, of the month before the last delivery.
SELECT u.org_nr, u.system, coalesce(m.current_code, u.municipality_code),
    (SELECT d.district_code FROM reporting.delivery d
        WHERE d.org_nr = u.org_nr AND d.system = u.system AND d.district_code IS NOT NULL
            AND d.received_at > u.last_delivery_at - interval '31 days'
        ORDER BY d.received_at DESC LIMIT 1),
    u.covered_months, (u.last_delivery_at AT TIME ZONE 'Europe/Oslo')::date,
    (u.blocked_since AT TIME ZONE 'Europe/Oslo')::date, u.blocked_reason
FROM reporting.unit u
LEFT JOIN reference.municipality_current m ON m.code = u.municipality_code;
