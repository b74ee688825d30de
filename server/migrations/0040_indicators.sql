-- Indicators: definitions by version, their instances over units and devices, values with revisions, what is to be computed again; risk points.

create table indicator_definitions (
  code text not null,
  version int not null,
  definition jsonb not null,
  hash text not null,
  by text not null,
  created_at timestamptz not null,
  -- False once dropped from the content; values stay.
  active boolean not null default true,
  primary key (code, version)
);

-- One number that is kept: a definition over one unit (`unit:<path>`) or one device (`thing:<id>`).
create table indicator_instances (
  id bigint generated always as identity primary key,
  realm text not null references realms,
  code text not null,
  scope text not null,
  unit text not null,
  thing_id bigint,
  active boolean not null default true,
  unique (realm, code, scope)
);
create index indicator_instances_unit on indicator_instances (unit text_pattern_ops);

-- The present value of a bucket. An unknown is a row without value and with a reason, or no row at all.
create table indicator_values (
  instance bigint not null references indicator_instances,
  bucket timestamptz not null,
  version int not null,
  revision int not null,
  value double precision,
  level text,
  grade smallint,
  coverage real not null,
  reason text,
  until timestamptz not null,
  -- Published as the value of a bucket that is over; a change after that is a revision and keeps the old one.
  final boolean not null,
  computed_at timestamptz not null,
  primary key (instance, bucket)
);
create index indicator_values_open on indicator_values (until) where not final;

create table indicator_revisions (
  instance bigint not null,
  bucket timestamptz not null,
  version int not null,
  revision int not null,
  value double precision,
  level text,
  grade smallint,
  coverage real not null,
  reason text,
  computed_at timestamptz not null,
  superseded_at timestamptz not null,
  primary key (instance, bucket, version, revision)
);

-- What must be computed (again); inputs before those that read them.
create table indicator_dirty (
  instance bigint not null,
  bucket timestamptz not null,
  rank int not null,
  marked_at timestamptz not null default clock_timestamp(),
  primary key (instance, bucket)
);
create index indicator_dirty_order on indicator_dirty (rank, marked_at);

-- What an owner entered for a manual indicator, with its source.
create table indicator_entries (
  instance bigint not null references indicator_instances,
  bucket timestamptz not null,
  value double precision not null,
  source_ref text not null,
  by text not null,
  at timestamptz not null,
  primary key (instance, bucket)
);

-- Local days of the streams that long windows read, made from their hours: a year to date is 365 rows, not 8,760.
create table indicator_days (
  stream bigint not null,
  day timestamptz not null,
  n int not null,
  sum double precision not null,
  min double precision not null,
  max double precision not null,
  first double precision not null,
  last double precision not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  hours int not null,
  primary key (stream, day)
);

create table risk_points (
  id uuid primary key,
  realm text not null references realms,
  type text not null,
  name text not null,
  unit text not null references units (path),
  level int not null check (level between 1 and 4),
  lon double precision,
  lat double precision,
  address text,
  attributes jsonb not null default '{}',
  -- Posts by level: {"city": …, "district": …, "town": …, "keeper": …}; never persons.
  responsible jsonb not null,
  things bigint[] not null default '{}',
  status text not null default 'active' check (status in ('active', 'controlled', 'removed')),
  inspected_on date,
  version int not null default 1
);
create index risk_points_unit on risk_points (unit text_pattern_ops);
