-- The outbox of one EPJ system. Times in ms since 1970, dates in days since 1970.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE unit (
  org_nr            TEXT PRIMARY KEY,
  municipality_code TEXT NOT NULL,
  status            TEXT NOT NULL,          -- new, open, blocked, stopped
  next_sequence     INTEGER,                -- null until a hello is answered
  hello_id          TEXT NOT NULL,
  hello_attempt     INTEGER NOT NULL DEFAULT 0,
  reason            TEXT,                   -- why blocked or stopped
  refusal           TEXT                    -- JSON: the exact cause and its texts, if known
) STRICT;

CREATE TABLE delivery (
  delivery_id  TEXT PRIMARY KEY,
  org_nr       TEXT NOT NULL,
  sequence     INTEGER NOT NULL,
  attempt      INTEGER NOT NULL DEFAULT 0,
  state        TEXT NOT NULL DEFAULT 'ready',  -- ready, sent, done
  file         TEXT NOT NULL,
  digest       TEXT NOT NULL,                  -- of the file
  item_count   INTEGER NOT NULL,
  record_bytes INTEGER NOT NULL,
  record       BLOB,                           -- the delivery as Avro, attempt 0; null once settled
  run          INTEGER,                        -- the run that saw the answer
  counts       TEXT                            -- JSON: items by outcome
) STRICT;
CREATE INDEX delivery_unanswered ON delivery (org_nr, sequence) WHERE state <> 'done';
CREATE INDEX delivery_by_unit ON delivery (org_nr, sequence);

CREATE TABLE file (
  name TEXT NOT NULL, digest TEXT NOT NULL, run INTEGER NOT NULL,
  PRIMARY KEY (name, digest)
) STRICT;

CREATE TABLE again (                           -- units whose part of a done file is made anew
  name TEXT NOT NULL, digest TEXT NOT NULL, org_nr TEXT NOT NULL,
  PRIMARY KEY (name, digest, org_nr)
) STRICT;

CREATE TABLE receipt_part (
  delivery_id TEXT NOT NULL, part INTEGER NOT NULL,
  PRIMARY KEY (delivery_id, part)
) STRICT;

CREATE TABLE finding (
  org_nr TEXT NOT NULL, sequence INTEGER NOT NULL, item_index INTEGER NOT NULL,
  local_id TEXT, outcome TEXT NOT NULL, rule TEXT NOT NULL, pointer TEXT NOT NULL,
  run INTEGER NOT NULL
) STRICT;

CREATE TABLE position (part INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL) STRICT;

CREATE TABLE resource (                        -- of a source that gives everything each time
  resource TEXT PRIMARY KEY,                   -- type and id: Encounter/123
  org_nr   TEXT NOT NULL,                      -- the unit that it was sent for
  local_id TEXT,                               -- the id of its item
  digest   BLOB NOT NULL,                      -- keyed hash of its item and version
  sequence INTEGER NOT NULL                    -- the last delivery that it can be in
) STRICT;
