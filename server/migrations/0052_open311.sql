-- Reports that came in through Open311: which case answers each, and what the public may read of it besides the case itself.

create table open311_requests (
  case_id uuid primary key references cases,
  jurisdiction text not null,
  service text not null,
  -- Given instead of the number where a service is not realtime.
  token uuid not null unique,
  description text not null,
  -- As reported, when there were no coordinates.
  address text,
  media_url text,
  attributes jsonb not null default '{}',
  -- The same report sent again within a day, or under the same Idempotency-Key, is the same case (O311-08).
  dedupe text not null,
  fingerprint text not null,
  created_at timestamptz not null
);
create index open311_requests_dedupe on open311_requests (dedupe, created_at);
create index open311_requests_created on open311_requests (jurisdiction, created_at desc);
