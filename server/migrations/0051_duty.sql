-- Duty: who sits when, what was said and done (append-only), and what one shift hands to the next.

create table duty_shifts (
  id uuid primary key,
  realm text not null references realms,
  unit text not null references units (path),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  leader uuid not null references accounts,
  officers uuid[] not null,
  note text not null,
  version int not null default 1
);
create index duty_shifts_when on duty_shifts (realm, unit, starts_at);

create table duty_entries (
  id uuid primary key,
  realm text not null references realms,
  unit text not null references units (path),
  at timestamptz not null,
  happened_at timestamptz not null,
  kind text not null,
  text text not null,
  by text not null,
  case_id uuid references cases,
  corrects uuid references duty_entries unique
);
create index duty_entries_when on duty_entries (realm, unit, at desc, id desc);
-- The log is never rewritten, whoever asks.
create function duty_entries_stay() returns trigger language plpgsql as $$
begin
  raise exception '值班日志只增不改' using errcode = '23514';
end $$;
create trigger duty_entries_stay before update or delete on duty_entries for each row execute function duty_entries_stay();

create table duty_handovers (
  id uuid primary key,
  realm text not null references realms,
  unit text not null references units (path),
  from_at timestamptz not null,
  to_at timestamptz not null check (to_at >= from_at),
  status text not null check (status in ('offered', 'accepted')),
  sheet jsonb not null,
  remarks text not null,
  given_by uuid not null references accounts,
  given_at timestamptz not null,
  taken_by uuid references accounts check (taken_by <> given_by),
  taken_at timestamptz,
  taken_remarks text,
  version int not null default 1,
  check ((status = 'accepted') = (taken_by is not null))
);
-- Between two shifts there is one handover at a time.
create unique index duty_handovers_waiting on duty_handovers (realm, unit) where status = 'offered';
create index duty_handovers_when on duty_handovers (realm, unit, given_at desc, id desc);
