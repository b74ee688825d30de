-- Readings brought as files: the file is kept by its content, the job says how far it is, faults are kept by line.

create table signal_imports (
  id uuid primary key,
  realm text not null references realms,
  name text not null,
  sha256 text not null references files (sha256),
  -- Where the sender might write when it uploaded; checked again for every stream when the job runs.
  scope text[] not null,
  unit text not null,
  by text not null,
  at timestamptz not null,
  looked jsonb not null,
  mapping jsonb,
  job_id uuid references jobs,
  records bigint not null default 0,
  stored bigint not null default 0,
  duplicates bigint not null default 0,
  conflicts bigint not null default 0,
  quarantined bigint not null default 0,
  faults bigint not null default 0
);
create index signal_imports_at on signal_imports (realm, at desc, id);

create table signal_import_faults (
  import_id uuid not null references signal_imports on delete cascade,
  line bigint not null,
  column_name text not null,
  reason text not null,
  text text not null,
  primary key (import_id, line, column_name)
);
