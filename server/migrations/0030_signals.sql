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
create index things_parent on things (parent_id) where parent_id is not null;

-- The other entities of SensorThings; a stream names its sensor and observed property where somebody gave them.
create table sensors (
  id bigint generated always as identity primary key,
  name text not null,
  description text not null default '',
  encoding_type text not null default 'text/html',
  metadata jsonb not null default '""',
  properties jsonb not null default '{}'
);
create table observed_properties (
  id bigint generated always as identity primary key,
  name text not null,
  definition text not null,
  description text not null default '',
  properties jsonb not null default '{}'
);
create table locations (
  id bigint generated always as identity primary key,
  realm text not null default 'live' references realms,
  name text not null,
  description text not null default '',
  encoding_type text not null default 'application/geo+json',
  location jsonb not null,
  properties jsonb not null default '{}'
);
create table thing_locations (
  thing_id bigint not null references things on delete cascade,
  location_id bigint not null references locations on delete cascade,
  primary key (thing_id, location_id)
);
create index thing_locations_location on thing_locations (location_id);
create table historical_locations (
  id bigint generated always as identity primary key,
  thing_id bigint not null references things on delete cascade,
  at timestamptz not null
);
create index historical_locations_thing on historical_locations (thing_id, at);
create table historical_location_places (
  historical_location_id bigint not null references historical_locations on delete cascade,
  location_id bigint not null references locations on delete cascade,
  primary key (historical_location_id, location_id)
);
create index historical_location_places_location on historical_location_places (location_id);
create table features_of_interest (
  id bigint generated always as identity primary key,
  realm text not null default 'live' references realms,
  name text not null,
  description text not null default '',
  encoding_type text not null default 'application/geo+json',
  feature jsonb not null,
  properties jsonb not null default '{}',
  -- The location it was made from, when the hub made it for a reading without one.
  location_id bigint references locations on delete set null
);

create table streams (
  id bigint generated always as identity primary key,
  thing_id bigint not null references things,
  code text not null,
  name text not null,
  unit text not null default '',
  min double precision,
  max double precision,
  properties jsonb not null default '{}',
  description text not null default '',
  observation_type text not null default 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
  -- SensorThings' {name, symbol, definition}; null: made from unit.
  unit_definition jsonb,
  sensor_id bigint references sensors,
  property_id bigint references observed_properties,
  -- 'key': one reading per instant, sending again is harmless. 'all': every reading sent is kept, told apart by microseconds.
  dedupe text not null default 'key' check (dedupe in ('key', 'all')),
  unique (thing_id, code)
);
create index streams_sensor on streams (sensor_id) where sensor_id is not null;
create index streams_property on streams (property_id) where property_id is not null;

-- Readings: no parent row is touched by one. kind: 0 number (txt: its own notation where no double holds it), 1 text,
-- 2 boolean (num 0/1), 3 JSON (text as received), 4 null. quality: 0 good, 1 corrected or by hand, 2 outside what is possible, above: of the sender.
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
  received_at timestamptz not null,
  kind smallint not null default 0
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

-- Calibration of a stream: reading = raw * gain + bias from then on; who attests it and until when it is good.
create table calibrations (
  id bigint generated always as identity primary key,
  stream_id bigint not null references streams,
  at timestamptz not null,
  gain double precision not null default 1,
  bias double precision not null default 0,
  valid_until date,
  certificate text,
  note text not null default '',
  by text not null
);
create index calibrations_stream on calibrations (stream_id, at);

-- A local grid tied to the map by control points (affine, least squares); a better fit is a new version.
create table place_frames (
  id bigint generated always as identity primary key,
  code text not null,
  version int not null,
  name text not null,
  unit text not null references units (path),
  controls jsonb not null,
  fit jsonb not null,
  by text not null,
  at timestamptz not null,
  unique (code, version)
);
-- Every placement of a thing on the map as it was given and as it was converted: nothing is overwritten.
create table placements (
  id bigint generated always as identity primary key,
  thing_id bigint not null references things,
  at timestamptz not null,
  crs text not null,
  given double precision[] not null,
  lon double precision not null,
  lat double precision not null,
  frame_id bigint references place_frames,
  reason text not null,
  by text not null
);
create index placements_thing on placements (thing_id, at);

-- Bulk registrations, so that one can be taken back while nothing has been received for it.
create table registrations (
  id uuid primary key,
  realm text not null references realms,
  at timestamptz not null,
  by text not null,
  unit text not null,
  things bigint[] not null,
  undone_at timestamptz
);

-- Probes of sites, lines and machine rooms: results are readings of the thing's streams (up, ms, days).
create table probes (
  id bigint generated always as identity primary key,
  realm text not null default 'live' references realms,
  thing_id bigint not null references things,
  kind text not null check (kind in ('web', 'tcp', 'tls', 'dns')),
  target text not null,
  -- Where it is probed from; a process probes only for its own place.
  place text not null default 'local',
  interval_s int not null check (interval_s between 5 and 86400),
  timeout_ms int not null check (timeout_ms between 100 and 60000),
  expect jsonb not null default '{}',
  active boolean not null default true,
  next_at timestamptz not null default clock_timestamp(),
  last jsonb,
  unique (thing_id, kind, target, place)
);
create index probes_due on probes (next_at) where active;

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
-- A device that sends the same bad reading again and again fills one row.
create unique index quarantine_once on quarantine (md5(coalesce(stream::text, '') || reading::text || reason || source)) where released_at is null;
create index quarantine_open on quarantine (received_at) where released_at is null;

create table device_credentials (
  login text primary key,
  secret_hash text not null,
  -- Which things it may write for: this unit path and below.
  unit text not null references units (path),
  active boolean not null default true
);
