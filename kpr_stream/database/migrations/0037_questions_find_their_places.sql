-- Residents of today's municipality are those of all that it has taken over.
CREATE INDEX municipality_current_code ON reference.municipality_current (current_code);
