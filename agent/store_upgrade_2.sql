-- From version 1 to 2: the table `generation` takes kind 'date', and the day of its rules. SQLite does
-- not change a CHECK in place. Run with foreign keys off: other tables refer to what is dropped here.
DROP VIEW history_view;
CREATE TABLE generation_2 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ns INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('apply', 'rollback', 'date')),
    rollback_of INTEGER REFERENCES generation (id),
    hash TEXT NOT NULL,
    tag TEXT NOT NULL,
    origin TEXT NOT NULL,
    user TEXT NOT NULL,
    rules INTEGER NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    day TEXT NOT NULL
);
INSERT INTO generation_2
SELECT id, time_ns, kind, rollback_of, hash, tag, origin, user, rules, active,
    date(time_ns / 1000000000, 'unixepoch')
FROM generation;
DROP TABLE generation;
ALTER TABLE generation_2 RENAME TO generation;
CREATE INDEX generation_tag ON generation (tag);
CREATE VIEW history_view AS
SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%SZ', time_ns / 1000000000, 'unixepoch') AS time,
    kind, rollback_of, user, rules, origin, hash, active, day
FROM generation;

PRAGMA user_version = 2;
