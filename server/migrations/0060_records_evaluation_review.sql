-- Records (台账), surveys, target bindings and ratings, reviews (复盘) and their improvements.

create table records (
  id uuid primary key,
  realm text not null references realms,
  ledger text not null,
  unit text not null references units (path),
  -- When the work was done, by the entry's own date; what indicators count by.
  happened_at timestamptz not null,
  data jsonb not null,
  status text not null default 'valid' check (status in ('valid', 'void')),
  void_reason text check ((status = 'void') = (void_reason is not null)),
  pack_version text not null references pack_versions,
  -- What it came from: `case:<id>`; one entry an origin and ledger.
  origin text,
  by text not null,
  entered_at timestamptz not null,
  changed_at timestamptz not null,
  version int not null
);
create index records_measure on records (realm, ledger, happened_at) where status = 'valid';
create index records_list on records (realm, ledger, happened_at desc, id);
create index records_unit on records (unit text_pattern_ops);
create unique index records_origin on records (ledger, origin) where origin is not null and status = 'valid';

-- Every version an entry ever had: an amendment keeps what was there and says why.
create table record_versions (
  record_id uuid not null references records,
  version int not null,
  happened_at timestamptz not null,
  unit text not null,
  data jsonb not null,
  reason text,
  by text not null,
  at timestamptz not null,
  primary key (record_id, version)
);

create table record_files (
  record_id uuid not null references records,
  sha256 text not null references files,
  name text not null,
  type text not null,
  by text not null,
  at timestamptz not null,
  primary key (record_id, sha256)
);

-- One request for a rating a subject and survey; the answer comes by a link or by a follow-up call, once.
create table survey_requests (
  id uuid primary key,
  realm text not null references realms,
  survey text not null,
  pack_version text not null references pack_versions,
  subject text not null,
  title text not null,
  unit text not null references units (path),
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  -- Only the hash of the link's token is kept; a new link ends the old one.
  token_hash bytea unique,
  answered_at timestamptz,
  via text check (via in ('link', 'follow-up')),
  rating int,
  data jsonb,
  check ((answered_at is null) = (via is null)),
  unique (realm, survey, subject)
);
create index survey_requests_asked on survey_requests (realm, survey, asked_at);
create index survey_requests_answered on survey_requests (realm, survey, answered_at) where answered_at is not null;

-- A published target goes live only through a binding; without a row the pack's own binding holds.
create table target_bindings (
  target text primary key,
  indicator text not null,
  unit text not null references units (path),
  reason text not null,
  by text not null,
  at timestamptz not null
);
-- Ratings of qualitative targets: by the named post, with what it rests on; the newest holds, all are kept.
create table target_ratings (
  id uuid primary key,
  realm text not null references realms,
  target text not null,
  grade text not null check (grade in ('reached', 'partly', 'missed')),
  score int not null check (score between 0 and 100),
  reason text not null,
  evidence jsonb not null,
  by text not null,
  at timestamptz not null
);
create index target_ratings_newest on target_ratings (realm, target, at desc);

create table reviews (
  id uuid primary key,
  realm text not null references realms,
  case_id uuid not null references cases,
  status text not null check (status in ('proposed', 'draft', 'final', 'declined')),
  -- Why it is wanted: grade, rework, late, order, asked.
  triggers jsonb not null,
  title text not null,
  unit text not null references units (path),
  summary text not null default '',
  worked text not null default '',
  failed text not null default '',
  causes jsonb not null default '[]',
  -- Timeline, breaches and decision points as they stood when the review was finished.
  frozen jsonb,
  decline_reason text check ((status = 'declined') = (decline_reason is not null)),
  opened_at timestamptz not null,
  finished_at timestamptz check ((status = 'final') = (finished_at is not null)),
  by text not null,
  version int not null,
  unique (case_id)
);
create index reviews_list on reviews (realm, opened_at desc, id);

create table improvements (
  id uuid primary key,
  review_id uuid not null references reviews,
  realm text not null references realms,
  text text not null,
  unit text not null references units (path),
  due_on date not null,
  changes text not null check (changes in ('rule', 'threshold', 'catalogue', 'plan', 'limit', 'training')),
  -- The case that carries it out, from the moment the review is finished.
  case_id uuid references cases,
  status text not null default 'planned' check (status in ('planned', 'open', 'done', 'dropped')),
  -- What was in fact changed: what the unit says, and the content version before and after.
  changed text,
  pack_before text,
  pack_after text,
  done_at timestamptz
);
create index improvements_review on improvements (review_id);
create index improvements_case on improvements (case_id) where case_id is not null;
