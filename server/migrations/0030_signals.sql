-- Things, their streams and readings. Identifiers are bigint so that a SensorThings façade can serve them as they are.

create table things (
  id bigint generated always as identity primary key,
  realm text not null default 'live' references realms,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$'),
  name text not null,
  description text not null default '',
  profile text not null,
  kind text not null,
  unit text not null references units (path),
  parent_id bigint references things,
  lon double precision,
  lat double precision,
  address text,
  -- Expected seconds between readings; silence is counted in these.
  interval_s int not null,
  status text not null default 'active' check (status in ('planned', 'active', 'maintenance', 'retired')),
  properties jsonb not null default '{}',
  created_at timestamptz not null,
  version int not null default 1
);
create index things_unit on things (unit text_pattern_ops);
create index things_profile on things (profile);

create table streams (
  id bigint generated always as identity primary key,
  thing_id bigint not null references things,
  code text not null,
  name text not null,
  unit text not null default '',
  min double precision,
  max double precision,
  properties jsonb not null default '{}',
  unique (thing_id, code)
);

-- Readings: no parent row is touched by one. kind: 0 number, 1 text, 2 boolean (num 0/1), 3 JSON (text as received), 4 null.
-- The key makes sending again harmless; it begins with the stream so that the table can be spread by it.
create table observations (
  stream bigint not null,
  at timestamptz not null,
  kind smallint not null,
  num double precision,
  txt text,
  quality smallint not null default 0,
  batch bigint not null,
  primary key (stream, at)
) partition by range (at);

-- What SensorThings knows of a reading beyond its value; only where somebody sent it.
create table observation_extras (
  stream bigint not null,
  at timestamptz not null,
  data jsonb not null,
  primary key (stream, at)
);

-- One row per committed group of readings, with the (stream, hour) pairs it touched: followers read this as they read facts.
create table ingest_batches (
  id bigint primary key,
  tx xid8 not null default pg_current_xact_id(),
  received_at timestamptz not null default clock_timestamp(),
  readings int not null,
  streams bigint[] not null,
  hours timestamptz[] not null
);
create index ingest_batches_log on ingest_batches (tx, id);
create sequence ingest_batch_ids increment by 64;

-- Last value per stream: flushed in bulk by the ingest process, completed from the readings at start.
create table stream_heads (
  stream bigint primary key,
  at timestamptz not null,
  num double precision,
  txt text,
  received_at timestamptz not null
);

-- Hourly rollups, recomputed from the readings of touched hours: exact after late data.
create table stream_hours (
  stream bigint not null,
  hour timestamptz not null,
  n int not null,
  sum double precision,
  min double precision,
  max double precision,
  first double precision,
  last double precision,
  revision int not null default 1,
  primary key (stream, hour)
);

create table quarantine (
  id bigint generated always as identity primary key,
  stream bigint,
  reading jsonb not null,
  reason text not null,
  source text not null,
  received_at timestamptz not null default clock_timestamp(),
  released_at timestamptz,
  released_by text
);
create index quarantine_open on quarantine (received_at) where released_at is null;

create table device_credentials (
  login text primary key,
  secret_hash text not null,
  -- Which things it may write for: this unit path and below.
  unit text not null references units (path),
  active boolean not null default true
);
