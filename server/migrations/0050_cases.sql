-- Cases: each row is the fold of its facts, its tasks unfolded beside it for lists and rates, and who may see it.

-- The last six digits of case numbers: two cases of one second never share them.
create sequence case_numbers minvalue 0 maxvalue 999999 cycle;

create table cases (
  id uuid primary key,
  realm text not null references realms,
  no text not null unique,
  flow text not null,
  pack_version text not null references pack_versions,
  status text not null check (status in ('open', 'closed', 'dismissed', 'merged')),
  title text not null,
  description text not null,
  source text not null,
  level int check (level between 1 and 4),
  matter text,
  condition text,
  sector text,
  scenario text,
  -- A case without an owner cannot be stored.
  owner text not null references units (path),
  place_unit text,
  lon double precision,
  lat double precision,
  address text,
  opened_at timestamptz not null,
  filed_at timestamptz,
  closed_at timestamptz,
  due_at timestamptz,
  due_from timestamptz,
  step text,
  origin text,
  returns int not null default 0,
  reworks int not null default 0,
  forced boolean not null default false,
  satisfaction int,
  state jsonb not null,
  -- Personal data given with the report, apart from the facts; shown masked.
  personal jsonb,
  version int not null
);
create index cases_open on cases (realm, (coalesce(due_at, 'infinity'::timestamptz)), id) where status = 'open';
create index cases_opened on cases (realm, opened_at desc, id);
create index cases_origin on cases (origin) where origin is not null;
create index cases_near on cases (matter, opened_at);

create table tasks (
  id uuid primary key,
  case_id uuid not null references cases,
  realm text not null,
  flow text not null,
  sector text,
  step text not null,
  step_kind text not null,
  unit text not null references units (path),
  title text not null,
  state text not null,
  -- What the next act on it needs: who holds it over the unit finds it in his work.
  permission text,
  -- Who took a waiting decision out of the pool (an account's id).
  claimed_by text,
  lead boolean not null,
  counted boolean not null,
  offered_at timestamptz not null,
  accepted_at timestamptz,
  ack_due timestamptz,
  ack_late boolean,
  done_at timestamptz,
  due_at timestamptz,
  due_from timestamptz,
  late boolean,
  reworks int not null,
  returned boolean not null
);
create index tasks_case on tasks (case_id);
create index tasks_open on tasks (permission, unit text_pattern_ops) where permission is not null;
create index tasks_pool on tasks (realm, permission, due_at) where permission is not null and claimed_by is null;
create index tasks_rate on tasks (realm, offered_at) where counted;

create table case_access (
  case_id uuid not null references cases,
  unit text not null,
  primary key (case_id, unit)
);
create index case_access_unit on case_access (unit text_pattern_ops, case_id);

create table case_files (
  case_id uuid not null references cases,
  sha256 text not null references files,
  name text not null,
  type text not null,
  by text not null,
  at timestamptz not null,
  primary key (case_id, sha256)
);
