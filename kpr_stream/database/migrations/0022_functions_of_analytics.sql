-- A function is everybody's unless that is taken back. The views of analysts run some of these as
-- their reader: they compute a month or an age from what they are given.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics TO analyst;
REVOKE EXECUTE ON FUNCTION analytics.note_removed() FROM analyst;
