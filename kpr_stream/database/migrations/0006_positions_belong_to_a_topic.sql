-- A position belongs to one topic. A topic that is deleted and made again has another id, and its
-- offsets begin at 0: an old position would skip what lies below it. Null: not known yet; the sink
-- writes the id when it starts.
ALTER TABLE content.sink_position ADD COLUMN topic_id text;
ALTER TABLE identity.sink_position ADD COLUMN topic_id text;
