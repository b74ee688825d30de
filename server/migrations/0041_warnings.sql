-- Warnings: rules by version, warnings with their frozen evidence, states of the engine, shelves and maintenance, webhooks.

create table warning_rules (
  code text not null,
  version int not null,
  definition jsonb not null,
  hash text not null,
  by text not null,
  created_at timestamptz not null,
  active boolean not null default true,
  primary key (code, version)
);

create table warnings (
  id uuid primary key,
  realm text not null references realms,
  kind text not null check (kind in ('rule', 'storm')),
  -- What our rules raise is internal; official warnings come only from authorised issuers (CAP-13).
  nature text not null default 'internal' check (nature in ('internal', 'official')),
  rule text,
  rule_version int,
  -- `stream:<id>`, `thing:<id>`, `instance:<id>`, or a storm's key.
  object text not null,
  -- Milliseconds of the change that raised it: the same cause twice is the same row.
  episode bigint not null,
  thing_id bigint,
  stream_id bigint,
  parent_id bigint,
  unit text not null,
  -- The unit that has to answer; sees it besides the place's unit.
  handler text,
  level smallint not null check (level between 1 and 4),
  worst smallint not null check (worst between 1 and 4),
  state text not null check (state in ('raised', 'acknowledged', 'shelved', 'closed', 'false-alarm')),
  outcome text check (outcome in ('recovered', 'handled', 'false-alarm', 'lapsed')),
  verdict boolean,
  headline jsonb not null,
  value double precision,
  value_unit text not null default '',
  evidence jsonb not null,
  folded_into uuid references warnings,
  inhibited_by uuid references warnings,
  children int not null default 0,
  flaps int not null default 0,
  escalation int not null default 0,
  notices int not null default 0,
  raised_at timestamptz not null,
  changed_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  shelved_until timestamptz,
  closed_at timestamptz,
  closed_by text,
  note text,
  case_id uuid,
  lon double precision,
  lat double precision,
  place text,
  version int not null default 1,
  check ((state in ('closed', 'false-alarm')) = (closed_at is not null)),
  unique (realm, rule, object, episode)
);
-- At most one open warning per rule and object (I10).
create unique index warnings_one_open on warnings (realm, coalesce(rule, ''), object) where closed_at is null;
create index warnings_list on warnings (realm, level, raised_at desc, id) where closed_at is null and folded_into is null and inhibited_by is null;
create index warnings_raised on warnings (realm, raised_at desc, id);
create index warnings_children on warnings (folded_into) where folded_into is not null;
create index warnings_recent on warnings (rule, object, closed_at desc);
create index warnings_inhibited on warnings (inhibited_by) where inhibited_by is not null;

-- Snapshots of the engine's states, one row a shard; what came after is replayed from the readings (the cursor says where).
create table warning_states (
  realm text not null,
  shard int not null,
  states jsonb not null,
  at timestamptz not null,
  primary key (realm, shard)
);

-- Shelving and maintenance: what is raised inside waits here until it ends.
create table warning_shelves (
  id uuid primary key,
  realm text not null references realms,
  kind text not null check (kind in ('shelf', 'maintenance')),
  rule text,
  thing_id bigint,
  unit text not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  reason text not null,
  by text not null,
  check (until_at > from_at)
);
create index warning_shelves_until on warning_shelves (realm, until_at);

create table webhooks (
  id uuid primary key,
  realm text not null references realms,
  url text not null,
  -- Kinds of facts by prefix: warning., case.
  kinds text[] not null,
  unit text not null,
  secret text not null,
  previous_secret text,
  allow_private boolean not null default false,
  active boolean not null default true,
  by text not null,
  created_at timestamptz not null
);
