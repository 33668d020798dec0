-- From version 2 to 3: words for the actions that were enforced later. The view of events leaves out
-- what has none.
INSERT OR IGNORE INTO code VALUES
    ('action', 4, 'outbound'), ('action', 5, 'listen'), ('action', 6, 'exec'), ('action', 7, 'read'),
    ('action', 8, 'write'), ('action', 9, 'raw-socket'), ('action', 10, 'fork'), ('action', 11, 'signal'),
    ('action', 12, 'setuid'), ('action', 13, 'inject'), ('action', 14, 'wx-memory'),
    ('action', 15, 'mount'), ('action', 16, 'load-module'), ('action', 17, 'load-bpf'),
    ('action', 18, 'new-userns');

PRAGMA user_version = 3;
