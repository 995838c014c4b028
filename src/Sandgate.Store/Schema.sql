-- A record of Sandgate. Readable with any SQLite: the view "calls" has a row for each decided call, in words.

CREATE TABLE IF NOT EXISTS session (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  json TEXT NOT NULL
);

-- Who made calls. The same caller can have several rows.
CREATE TABLE IF NOT EXISTS who (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  comm TEXT NOT NULL,
  ppid INTEGER NOT NULL,
  uid INTEGER,
  exe TEXT,
  parent_exe TEXT,
  cmdline TEXT,
  cwd TEXT
);

-- What calls asked for. The same call can have several rows.
CREATE TABLE IF NOT EXISTS what (
  id INTEGER PRIMARY KEY,
  syscall TEXT NOT NULL,
  call TEXT NOT NULL,
  resolved TEXT,
  views TEXT NOT NULL,
  facts TEXT
);

-- How calls were judged.
CREATE TABLE IF NOT EXISTS ruling (
  id INTEGER PRIMARY KEY,
  verdict TEXT NOT NULL,
  errno TEXT,
  reason TEXT NOT NULL,
  rule TEXT,
  place TEXT,
  binding TEXT NOT NULL,
  outcome TEXT NOT NULL,
  logged INTEGER NOT NULL,
  view INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS call (
  session INTEGER NOT NULL,
  n INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  tid INTEGER NOT NULL,
  who INTEGER NOT NULL,
  what INTEGER NOT NULL,
  ruling INTEGER NOT NULL,
  cost_ns INTEGER NOT NULL,
  held_ns INTEGER NOT NULL,
  PRIMARY KEY (session, n)
) WITHOUT ROWID;

-- Everything else: processes, the session's end, messages, what was dropped.
CREATE TABLE IF NOT EXISTS event (
  session INTEGER NOT NULL,
  n INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  pid INTEGER,
  json TEXT NOT NULL,
  PRIMARY KEY (session, n)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS calls AS
  SELECT session.name AS session, n, strftime('%Y-%m-%dT%H:%M:%f', call.time_ns / 1e9, 'unixepoch') AS time,
    pid, tid, comm, ppid, uid, exe, parent_exe, cmdline, cwd,
    syscall, call, resolved, verdict, errno, reason, rule, place, binding, outcome, logged, cost_ns, held_ns, views, facts
  FROM call
  JOIN session ON session.id = call.session JOIN who ON who.id = call.who JOIN what ON what.id = call.what JOIN ruling ON ruling.id = call.ruling;
