-- Finance: disclosures as read and checked, corrections, targets and their bindings, execution, monitoring, self-evaluation. Money in fen.

create table finance_disclosures (
  id uuid primary key,
  realm text not null references realms,
  unit text not null references units (path),
  published_unit text,
  unit_code text,
  department text,
  year int not null check (year between 2000 and 2100),
  kind text not null check (kind in ('budget', 'final-account')),
  money_unit text check (money_unit in ('元', '万元')),
  -- Counts the imports of one unit, year and kind; the newest is current.
  number int not null,
  current boolean not null,
  -- Digest of the files' bytes in order: the same content is stored once.
  content text not null,
  files jsonb not null,
  checks jsonb not null,
  masked int not null,
  unread jsonb not null,
  scanned jsonb not null,
  -- The reading itself (core/finance/packed.ts), compressed: what corrections and checks work on. Never changed.
  model bytea not null,
  by text not null,
  at timestamptz not null,
  unique (realm, unit, year, kind, number)
);
create unique index finance_disclosures_current on finance_disclosures (realm, unit, year, kind) where current;
create index finance_disclosures_unit on finance_disclosures (unit text_pattern_ops);
create index finance_disclosures_list on finance_disclosures (realm, year desc, id);

create table finance_tables (
  disclosure uuid not null references finance_disclosures,
  n int not null,
  id text not null,
  title text not null,
  kind text not null,
  money_unit text,
  columns jsonb not null,
  rows int not null,
  empty boolean not null,
  notes jsonb not null,
  remarks jsonb not null,
  place jsonb not null,
  confidence real not null,
  primary key (disclosure, n)
);
create table finance_rows (
  disclosure uuid not null,
  table_n int not null,
  n int not null,
  code text,
  name text,
  level int,
  repeats int,
  place jsonb not null,
  primary key (disclosure, table_n, n),
  foreign key (disclosure, table_n) references finance_tables (disclosure, n)
);
-- Cells that are not blank, as they stand after corrections; `was` is what was read.
create table finance_cells (
  disclosure uuid not null,
  table_n int not null,
  row_n int not null,
  n int not null,
  text text not null,
  value text,
  fen bigint,
  confidence real not null,
  notes text[] not null,
  place jsonb not null,
  was text,
  primary key (disclosure, table_n, row_n, n),
  foreign key (disclosure, table_n, row_n) references finance_rows (disclosure, table_n, n)
);
create table finance_pages (
  disclosure uuid not null references finance_disclosures,
  file int not null,
  page int not null,
  lines jsonb not null,
  count int not null,
  primary key (disclosure, file, page)
);
create table finance_statements (
  disclosure uuid not null references finance_disclosures,
  n int not null,
  data jsonb not null,
  primary key (disclosure, n)
);
create table finance_targets (
  disclosure uuid not null references finance_disclosures,
  n int not null,
  -- The same target in every version of its unit, year and kind.
  key text not null,
  sheet text not null check (sheet in ('overall', 'project', 'key-project')),
  table_id text not null,
  project text,
  level1 text,
  level2 text,
  indicator text not null,
  nature text,
  value text,
  unit text,
  weight text,
  core boolean,
  confidence real not null,
  place jsonb not null,
  primary key (disclosure, n),
  unique (disclosure, key)
);
create index finance_targets_key on finance_targets (key);
-- Goal, budget and weight of the execution rate of each sheet.
create table finance_sheets (
  disclosure uuid not null references finance_disclosures,
  n int not null,
  sheet text not null,
  project text,
  goal text,
  budget bigint,
  execution_weight text,
  primary key (disclosure, n)
);
create table finance_findings (
  disclosure uuid not null references finance_disclosures,
  n int not null,
  key text not null,
  rule text not null,
  class text not null,
  severity text not null,
  places jsonb not null,
  figures jsonb not null,
  difference text,
  message text not null,
  primary key (disclosure, n)
);
-- What people decided about a finding; it holds for every version in which the finding stands.
create table finance_decisions (
  realm text not null references realms,
  unit text not null references units (path),
  year int not null,
  kind text not null,
  key text not null,
  status text not null check (status in ('open', 'explained', 'corrected')),
  note text not null,
  -- Version in which it was decided: a later one in which a corrected finding still stands is recurring.
  number int not null,
  by text not null,
  at timestamptz not null,
  primary key (realm, unit, year, kind, key)
);
create table finance_corrections (
  id uuid primary key,
  disclosure uuid not null references finance_disclosures,
  what text not null check (what in ('cell', 'target', 'statement')),
  address jsonb not null,
  words text not null,
  was text,
  becomes text,
  reason text not null,
  by text not null,
  at timestamptz not null,
  withdrawn_by text,
  withdrawn_at timestamptz,
  check ((withdrawn_by is null) = (withdrawn_at is null))
);
create index finance_corrections_disclosure on finance_corrections (disclosure, at);

-- Comparable figures of a disclosure (core/finance/compare.ts).
create table finance_figures (
  disclosure uuid not null references finance_disclosures,
  dimension text not null,
  code text not null,
  name text not null,
  parent text,
  level int not null,
  year int not null,
  basis text not null,
  fen bigint not null,
  primary key (disclosure, dimension, code, year, basis)
);

-- What answers a disclosed target, confirmed by a person; suggestions that were turned down; the plan by quarter.
create table finance_bindings (
  realm text not null references realms,
  key text not null,
  kind text not null check (kind in ('indicator', 'target')),
  code text not null,
  unit text not null references units (path),
  progress text not null check (progress in ('cumulative', 'level')),
  score int not null,
  reason text not null,
  by text not null,
  at timestamptz not null,
  primary key (realm, key)
);
create table finance_rejections (
  realm text not null references realms,
  key text not null,
  kind text not null,
  code text not null,
  unit text not null,
  by text not null,
  at timestamptz not null,
  primary key (realm, key, kind, code, unit)
);
create table finance_plans (
  realm text not null references realms,
  key text not null,
  plan jsonb not null,
  by text not null,
  at timestamptz not null,
  primary key (realm, key)
);

-- Projects of a unit and year; '' is the unit as a whole.
create table finance_projects (
  realm text not null references realms,
  unit text not null references units (path),
  year int not null,
  project text not null,
  name text not null,
  code text,
  budget bigint,
  adjusted bigint,
  adjusted_reason text,
  by text not null,
  at timestamptz not null,
  primary key (realm, unit, year, project)
);
create table finance_execution (
  realm text not null references realms,
  unit text not null references units (path),
  year int not null,
  project text not null,
  month int not null check (month between 1 and 12),
  fen bigint not null,
  note text,
  -- Name of the file it came from; null when entered by hand.
  source text,
  by text not null,
  at timestamptz not null,
  primary key (realm, unit, year, project, month),
  foreign key (realm, unit, year, project) references finance_projects
);

create table finance_monitorings (
  id uuid primary key,
  realm text not null references realms,
  unit text not null references units (path),
  year int not null,
  period text not null,
  project text not null,
  state text not null check (state in ('draft', 'submitted')),
  -- Execution and targets as they stood when it was saved.
  snapshot jsonb not null,
  cause text,
  correction text,
  correction_due date,
  done_note text,
  done_by text,
  done_at timestamptz,
  by text not null,
  at timestamptz not null,
  version int not null,
  unique (realm, unit, year, period, project),
  foreign key (realm, unit, year, project) references finance_projects
);

create table finance_evaluations (
  id uuid primary key,
  realm text not null references realms,
  unit text not null references units (path),
  year int not null,
  sheet text not null check (sheet in ('overall', 'project', 'key-project')),
  project text,
  scheme text not null,
  state text not null check (state in ('draft', 'submitted', 'reviewed')),
  -- Lines and inputs; on submission also what was computed, so that a reviewed form never changes.
  data jsonb not null,
  frozen jsonb,
  review jsonb,
  returned jsonb,
  by text not null,
  at timestamptz not null,
  version int not null
);
create unique index finance_evaluations_one on finance_evaluations (realm, unit, year, sheet, coalesce(project, ''));
