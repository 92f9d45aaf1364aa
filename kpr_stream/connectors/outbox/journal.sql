-- When each delivery and unit changed, and which faults of items are still open. Times in ms since
-- 1970. Tables of their own with triggers: no way to change a delivery can forget to note the time,
-- and an earlier release opens the file and keeps the times too.
CREATE TABLE IF NOT EXISTS delivery_time (
  delivery_id TEXT PRIMARY KEY,
  kept_at     INTEGER,
  sent_at     INTEGER,                -- the last attempt
  answered_at INTEGER,
  contents    BLOB                    -- which item has which place; null once answered
) STRICT;

CREATE TABLE IF NOT EXISTS unit_hold (org_nr TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS open_error (
  org_nr      TEXT NOT NULL,
  item        BLOB NOT NULL,          -- keyed hash of the item's id
  delivery_id TEXT NOT NULL,
  item_index  INTEGER NOT NULL,
  outcome     TEXT NOT NULL,
  rule        TEXT NOT NULL,
  pointer     TEXT NOT NULL,          -- to the field in the item
  file        TEXT NOT NULL,
  place       TEXT NOT NULL,          -- JSON pointer to the item in the file
  since       INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS open_error_by_item ON open_error (org_nr, item);

CREATE TABLE IF NOT EXISTS rule_text (rule TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;

CREATE TRIGGER IF NOT EXISTS delivery_kept AFTER INSERT ON delivery BEGIN
  INSERT OR IGNORE INTO delivery_time (delivery_id) VALUES (NEW.delivery_id);
  UPDATE delivery_time
     SET kept_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
   WHERE delivery_id = NEW.delivery_id;
END;

CREATE TRIGGER IF NOT EXISTS delivery_sent AFTER UPDATE OF state ON delivery
WHEN NEW.state = 'sent' BEGIN
  INSERT OR IGNORE INTO delivery_time (delivery_id) VALUES (NEW.delivery_id);
  UPDATE delivery_time
     SET sent_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
   WHERE delivery_id = NEW.delivery_id;
END;

CREATE TRIGGER IF NOT EXISTS delivery_answered AFTER UPDATE OF state ON delivery
WHEN NEW.state = 'done' AND OLD.state <> 'done' BEGIN
  INSERT OR IGNORE INTO delivery_time (delivery_id) VALUES (NEW.delivery_id);
  UPDATE delivery_time
     SET answered_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), contents = NULL
   WHERE delivery_id = NEW.delivery_id;
END;

CREATE TRIGGER IF NOT EXISTS delivery_dropped AFTER DELETE ON delivery BEGIN
  DELETE FROM delivery_time WHERE delivery_id = OLD.delivery_id;
END;

CREATE TRIGGER IF NOT EXISTS unit_held AFTER UPDATE OF status ON unit
WHEN NEW.status IN ('blocked', 'stopped') BEGIN
  INSERT OR IGNORE INTO unit_hold
  VALUES (NEW.org_nr, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
END;

CREATE TRIGGER IF NOT EXISTS unit_freed AFTER UPDATE OF status ON unit
WHEN NEW.status IN ('new', 'open') BEGIN
  DELETE FROM unit_hold WHERE org_nr = NEW.org_nr;
END;

-- What is chosen from, counted and bounded each time something is sent or read.
CREATE INDEX IF NOT EXISTS delivery_open ON delivery (org_nr, sequence, state, record_bytes)
WHERE state <> 'done';
