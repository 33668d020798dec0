-- The audit database, version 3 (store_upgrade_2.sql and _3.sql make it of older ones). docs/audit.md tells users what every column means; a test runs the
-- queries given there. Columns are only ever added.
PRAGMA application_id = 1398361680; -- "SYNP": tells this database from any other file

-- Every bounded text once: rule names, paths of executables and cgroups, comms.
CREATE TABLE name (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

-- One row per enforced policy set. `active` is 1 for the one that is enforced (or was, when the agent
-- ended) and 0 for all others. kind 'date': an `until` had passed, and the same sources are other rules
-- from that day on.
CREATE TABLE generation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ns INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('apply', 'rollback', 'date')),
    rollback_of INTEGER REFERENCES generation (id), -- whose sources a rollback or a date took
    hash TEXT NOT NULL,   -- SHA-256 of the image
    tag TEXT NOT NULL,    -- 16 hexadecimal digits: how events name the image
    origin TEXT NOT NULL, -- file or folder that was applied
    user TEXT NOT NULL,   -- who applied it
    rules INTEGER NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    day TEXT NOT NULL     -- YYYY-MM-DD: whose rules these are, as `until` clauses go
);
CREATE INDEX generation_tag ON generation (tag);

-- The sources of a generation, so that it can be compiled again: equal texts are stored once.
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    text BLOB NOT NULL
);
CREATE TABLE source (
    generation INTEGER NOT NULL REFERENCES generation (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    root INTEGER,              -- place among the files named by the user; NULL: reached by `use` or `file`
    content INTEGER NOT NULL REFERENCES content (id),
    PRIMARY KEY (generation, path)
) WITHOUT ROWID;
-- What the host's users and groups were at the time of the apply. number NULL: there was no such name.
CREATE TABLE resolved (
    generation INTEGER NOT NULL REFERENCES generation (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    name TEXT NOT NULL,
    number INTEGER,
    PRIMARY KEY (generation, kind, name)
) WITHOUT ROWID;

-- One row per recorded decision; equal ones that follow each other closely are one row with a count.
CREATE TABLE event (
    time_ns INTEGER PRIMARY KEY, -- of the first; ns since 1970, unique
    last_ns INTEGER NOT NULL,    -- of the last
    count INTEGER NOT NULL,
    kind INTEGER NOT NULL,       -- 0 decision, 1 limit, 2 over the event budget, 3 lost by a full ring
    verdict INTEGER NOT NULL,    -- 1 audit, 2 deny (drop), 3 kill
    action INTEGER NOT NULL,     -- see the table code
    rule INTEGER NOT NULL REFERENCES name (id),  -- first determining rule
    rules INTEGER NOT NULL REFERENCES name (id), -- all determining rules, blank between them
    object TEXT NOT NULL,        -- as the language writes it, without the action
    pid INTEGER, tid INTEGER, uid INTEGER, gid INTEGER, -- NULL for packets
    exe INTEGER REFERENCES name (id),
    comm INTEGER REFERENCES name (id),
    cgroup INTEGER REFERENCES name (id),
    carrier INTEGER,             -- 0 test, 1 lsm, 2 cgroup, 3 xdp, 4 sys_enter, 5 sim
    errno INTEGER,               -- what the caller saw
    generation INTEGER REFERENCES generation (id),
    undetermined INTEGER NOT NULL, -- 1: a fact was unknown and the rule applied for that reason
    cpu INTEGER, sequence INTEGER  -- of the first
);
CREATE INDEX event_rule ON event (rule);
CREATE INDEX event_exe ON event (exe) WHERE exe IS NOT NULL;
CREATE INDEX event_pid ON event (pid) WHERE pid IS NOT NULL;

-- Proof of what is missing. kind 'sequence': the numbers first..last of one CPU never arrived.
-- kind 'kernel': a helper failed `count` more times. kind 'store': the agent could not write them.
CREATE TABLE loss (
    id INTEGER PRIMARY KEY,
    time_ns INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sequence', 'kernel', 'store')),
    what TEXT NOT NULL,
    cpu INTEGER,
    first INTEGER,
    last INTEGER,
    count INTEGER NOT NULL
);

-- Where reading stands: committed together with the rows, so that a killed agent's successor proves
-- what was lost in between.
CREATE TABLE cpu_sequence (
    cpu INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
);
CREATE TABLE failure_counter (
    failure INTEGER PRIMARY KEY,
    value INTEGER NOT NULL
);
-- The kernel's per-rule counters as last seen. They are the ground truth of how often a rule decided.
CREATE TABLE counter (
    identity TEXT PRIMARY KEY,  -- 16 hexadecimal digits
    rule INTEGER NOT NULL REFERENCES name (id),
    matched INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    lost INTEGER NOT NULL
) WITHOUT ROWID;

-- The life of agents. what: start, adopt, apply-at-start, new-store (the database before was moved
-- away), stop (the process ended, enforcement goes on), remove (enforcement ended).
CREATE TABLE agent (
    id INTEGER PRIMARY KEY,
    time_ns INTEGER NOT NULL,
    what TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    detail TEXT NOT NULL
);

-- Codes in words. The numbers are those of the kernel interface (bpf/abi.h).
CREATE TABLE code (
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (kind, number)
) WITHOUT ROWID;
INSERT INTO code VALUES
    ('kind', 0, 'decision'), ('kind', 1, 'limit'), ('kind', 2, 'suppressed'), ('kind', 3, 'lost'),
    ('verdict', 0, 'pass'), ('verdict', 1, 'audit'), ('verdict', 2, 'deny'), ('verdict', 3, 'kill'),
    ('action', 0, 'syscall'), ('action', 1, 'connect'), ('action', 2, 'bind'), ('action', 3, 'inbound'),
    ('action', 4, 'outbound'), ('action', 5, 'listen'), ('action', 6, 'exec'), ('action', 7, 'read'),
    ('action', 8, 'write'), ('action', 9, 'raw-socket'), ('action', 10, 'fork'), ('action', 11, 'signal'),
    ('action', 12, 'setuid'), ('action', 13, 'inject'), ('action', 14, 'wx-memory'),
    ('action', 15, 'mount'), ('action', 16, 'load-module'), ('action', 17, 'load-bpf'),
    ('action', 18, 'new-userns'),
    ('carrier', 0, 'test'), ('carrier', 1, 'lsm'), ('carrier', 2, 'cgroup'), ('carrier', 3, 'xdp'),
    ('carrier', 4, 'sys_enter'), ('carrier', 5, 'sim');

-- For people: everything in words, times as ISO 8601 UTC with milliseconds.
CREATE VIEW event_view AS
SELECT
    e.time_ns,
    strftime('%Y-%m-%dT%H:%M:%S', e.time_ns / 1000000000, 'unixepoch')
        || printf('.%03dZ', e.time_ns / 1000000 % 1000) AS time,
    e.last_ns,
    e.count,
    k.word AS kind,
    CASE WHEN e.action = 3 AND e.verdict = 2 THEN 'block' ELSE v.word END AS verdict,
    a.word AS action,
    e.object,
    r.text AS rule,
    s.text AS rules,
    e.pid, e.tid, e.uid, e.gid,
    x.text AS exe,
    m.text AS comm,
    g.text AS cgroup,
    c.word AS carrier,
    e.errno,
    e.generation,
    e.undetermined,
    e.cpu, e.sequence
FROM event e
JOIN code k ON k.kind = 'kind' AND k.number = e.kind
JOIN code v ON v.kind = 'verdict' AND v.number = e.verdict
JOIN code a ON a.kind = 'action' AND a.number = e.action
JOIN name r ON r.id = e.rule
JOIN name s ON s.id = e.rules
LEFT JOIN name x ON x.id = e.exe
LEFT JOIN name m ON m.id = e.comm
LEFT JOIN name g ON g.id = e.cgroup
LEFT JOIN code c ON c.kind = 'carrier' AND c.number = e.carrier;

CREATE VIEW history_view AS
SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%SZ', time_ns / 1000000000, 'unixepoch') AS time,
    kind, rollback_of, user, rules, origin, hash, active, day
FROM generation;

PRAGMA user_version = 3;
