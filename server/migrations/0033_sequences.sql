-- What devices that count their messages said last, and the counts that never came.
create table device_sequences (
  thing text primary key,
  seq bigint not null
);
create table sequence_gaps (
  id bigint generated always as identity primary key,
  thing text not null,
  first bigint not null,
  last bigint not null,
  -- Of these messages still missing; late ones bring it down.
  missing bigint not null,
  seen_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz
);
create index sequence_gaps_open on sequence_gaps (thing, seen_at) where closed_at is null;
