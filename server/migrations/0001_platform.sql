-- The shared ground: realms and their clock, facts and their chains, followers, timers, outbox, jobs, idempotency, files.

-- One installation is one centre; a realm is the real run ('live') or a drill. Domain time is read only through app_now.
create table realms (
  realm text primary key,
  kind text not null check (kind in ('live', 'drill')),
  name jsonb not null,
  -- Domain time = base_domain + (real now - base_real) * speed; null bases mean real time.
  base_real timestamptz,
  base_domain timestamptz,
  speed double precision not null default 1 check (speed >= 0),
  check ((base_real is null) = (base_domain is null))
);
insert into realms (realm, kind, name) values ('live', 'live', '{"zh":"实际运行","en":"Live"}');

create function app_now(which text) returns timestamptz language sql stable as $$
  select coalesce(base_domain + (clock_timestamp() - base_real) * speed, clock_timestamp()) from realms where realm = which
$$;

-- What kind of installation this is: {"demo": true} is set once, at the first start.
create table installation (
  key text primary key,
  value jsonb not null
);

create table fact_heads (
  subject text primary key,
  seq bigint not null,
  hash bytea not null
);

create table facts (
  position bigint generated always as identity primary key,
  tx xid8 not null default pg_current_xact_id(),
  at timestamptz not null,
  realm text not null references realms,
  by text not null,
  kind text not null,
  subject text not null,
  unit text,
  data jsonb not null,
  seq bigint not null,
  digest bytea not null,
  hash bytea not null,
  request text,
  unique (subject, seq)
);
create index facts_log on facts (tx, position);
create index facts_at on facts (at desc, position desc);

-- What must be erasable is kept apart; the fact carries only its salted digest.
create table fact_texts (
  digest text primary key,
  salt text not null,
  data jsonb not null
);

-- Appends facts in order. Each element: {at, by, kind, subject, unit, data, digest(hex)}.
-- hash(n) = sha256(hash(n-1) || digest), locked per subject only, subjects locked in one order so that writers cannot deadlock.
create function append_facts(realm_ text, request_ text, items jsonb) returns void language plpgsql as $$
declare
  item jsonb;
  head record;
begin
  -- Wait for the subjects before this transaction has a number where possible: numbers then follow the order of the chain.
  -- Advisory locks also hold for subjects that have no head yet. Bulk work takes the row locks alone: the lock table is finite.
  if jsonb_array_length(items) <= 64 then
    perform pg_advisory_xact_lock(hashtextextended(s, 7315004))
      from (select distinct e ->> 'subject' as s from jsonb_array_elements(items) e order by 1) x;
  else
    perform 1 from fact_heads
      where subject in (select e ->> 'subject' from jsonb_array_elements(items) e)
      order by subject for update;
  end if;
  for item in select e from jsonb_array_elements(items) e loop
    insert into fact_heads as h (subject, seq, hash)
      values (item ->> 'subject', 1, decode(item ->> 'digest', 'hex'))
      on conflict (subject) do update set seq = h.seq + 1, hash = sha256(h.hash || excluded.hash)
      returning seq, hash into head;
    insert into facts (at, realm, by, kind, subject, unit, data, seq, digest, hash, request)
      values ((item ->> 'at')::timestamptz, realm_, item ->> 'by', item ->> 'kind', item ->> 'subject',
              item ->> 'unit', item -> 'data', head.seq, decode(item ->> 'digest', 'hex'), head.hash, request_);
  end loop;
end $$;

create table cursors (
  name text primary key,
  tx xid8 not null default '0',
  position bigint not null default 0,
  failures int not null default 0,
  last_error text,
  updated_at timestamptz not null default clock_timestamp()
);

create table timers (
  id bigint generated always as identity primary key,
  realm text not null references realms,
  subject text not null,
  kind text not null,
  generation int not null,
  due_at timestamptz not null,
  data jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'fired', 'cancelled', 'failed')),
  attempts int not null default 0,
  retry_at timestamptz,
  last_error text,
  fired_at timestamptz,
  unique (subject, kind, generation)
);
create index timers_due on timers (realm, due_at) where state = 'waiting';
create index timers_subject on timers (subject) where state = 'waiting';

create table outbox (
  id bigint generated always as identity primary key,
  realm text not null references realms,
  channel text not null,
  destination text not null,
  subject text not null,
  payload jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'dead')),
  attempts int not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz
);
create index outbox_waiting on outbox (next_at) where state = 'waiting';

create table jobs (
  id uuid primary key,
  realm text not null references realms,
  kind text not null,
  by text not null,
  unit text,
  input jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  done bigint not null default 0,
  total bigint,
  message text,
  checkpoint jsonb,
  result jsonb,
  error text,
  attempts int not null default 0,
  lease_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
create index jobs_open on jobs (created_at) where state in ('queued', 'running');

-- Replies of commands, stored in the transaction of their effect (API-12).
create table idempotency (
  scope text not null,
  key text not null,
  fingerprint bytea not null,
  status int,
  reply jsonb,
  headers jsonb,
  created_at timestamptz not null default clock_timestamp(),
  primary key (scope, key)
);
create index idempotency_age on idempotency (created_at);

-- Content-addressed attachments: the bytes are on disk (fsynced) before the row exists.
create table files (
  sha256 text primary key,
  size bigint not null,
  created_at timestamptz not null default clock_timestamp()
);
