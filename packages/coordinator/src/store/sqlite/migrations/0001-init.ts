/** The first schema. Times are integers, milliseconds since 1970; JSON columns are checked by SQLite itself. */
export const INIT = `
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL CHECK (json_valid(value))) STRICT;
CREATE TABLE host (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, public_key BLOB NOT NULL UNIQUE, seal_key BLOB NOT NULL, seal_serial INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending','active','suspended','revoked')),
  labels TEXT NOT NULL CHECK (json_valid(labels)), role TEXT NOT NULL, cluster_limit TEXT,
  token_id TEXT, address TEXT, hostname TEXT NOT NULL, agent_version TEXT NOT NULL,
  machine TEXT NOT NULL CHECK (json_valid(machine)), boot_count INTEGER NOT NULL, journal_count INTEGER NOT NULL,
  enrolled_at INTEGER NOT NULL, last_seen INTEGER, findings TEXT NOT NULL CHECK (json_valid(findings)),
  inventory TEXT NOT NULL CHECK (json_valid(inventory)), facts TEXT CHECK (facts IS NULL OR json_valid(facts))
) STRICT;
CREATE TABLE join_token (
  id TEXT PRIMARY KEY, public_key BLOB NOT NULL, uses_left INTEGER NOT NULL CHECK (uses_left >= 0),
  role TEXT NOT NULL, cluster TEXT, cidrs TEXT NOT NULL CHECK (json_valid(cidrs)), labels TEXT NOT NULL CHECK (json_valid(labels)),
  approve TEXT NOT NULL, replaces TEXT, created_by TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER
) STRICT;
CREATE TABLE token_spend (token_id TEXT NOT NULL, host_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (token_id, host_id)) STRICT;
CREATE TABLE api_token (
  id TEXT PRIMARY KEY, digest BLOB NOT NULL, role TEXT NOT NULL, owner TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER
) STRICT;
CREATE TABLE cluster (
  name TEXT PRIMARY KEY, revision INTEGER NOT NULL, spec TEXT NOT NULL CHECK (json_valid(spec)),
  settled TEXT NOT NULL CHECK (json_valid(settled)), created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE secret (id TEXT PRIMARY KEY, boxed BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE forecast (
  id TEXT PRIMARY KEY, cluster TEXT NOT NULL, hash TEXT NOT NULL, bytes BLOB NOT NULL,
  created_at INTEGER NOT NULL, created_by TEXT NOT NULL, approved_at INTEGER, approved_by TEXT
) STRICT;
CREATE TABLE run (
  id TEXT PRIMARY KEY, cluster TEXT NOT NULL, forecast_id TEXT NOT NULL REFERENCES forecast(id),
  state TEXT NOT NULL CHECK (json_valid(state)), spent TEXT NOT NULL CHECK (json_valid(spent)),
  approved_by TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX one_open_run ON run(cluster) WHERE ended_at IS NULL;
CREATE TABLE orders (
  id TEXT PRIMARY KEY, run_id TEXT, request_id TEXT, cluster TEXT NOT NULL, host_id TEXT NOT NULL, kind TEXT NOT NULL,
  action_key TEXT NOT NULL, class TEXT NOT NULL, change_host TEXT, attempt INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (json_valid(state)), bytes BLOB NOT NULL, signature BLOB NOT NULL,
  created_at INTEGER NOT NULL, ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX one_open_order ON orders(cluster, action_key) WHERE ended_at IS NULL;
CREATE INDEX orders_of_run ON orders(run_id);
CREATE TABLE request (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, cluster TEXT NOT NULL, params TEXT NOT NULL CHECK (json_valid(params)),
  asked_by TEXT NOT NULL, asked_at INTEGER NOT NULL, state TEXT NOT NULL, message TEXT, answer TEXT
) STRICT;
CREATE TABLE wait (cluster TEXT NOT NULL, key TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (cluster, key)) STRICT;
CREATE TABLE fence (resource TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE artifact (
  sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, arch TEXT NOT NULL,
  size INTEGER NOT NULL, added_at INTEGER NOT NULL
) STRICT;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, cluster TEXT, host TEXT, run TEXT,
  said TEXT NOT NULL CHECK (json_valid(said))
) STRICT;
CREATE TABLE idempotency (
  key TEXT NOT NULL, principal TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (key, principal)
) STRICT;
`
