-- Units, posts' accounts, roles over units, sessions, tokens. Personal data is not kept here: an account is a post.

create table units (
  id uuid primary key,
  code text not null,
  path text not null unique,
  name jsonb not null,
  kind text not null check (kind in ('city', 'district', 'department', 'town', 'grid', 'company', 'centre')),
  parent_id uuid references units,
  -- GeoJSON of the area it looks after; schematic areas say so in properties.
  area jsonb,
  attributes jsonb not null default '{}',
  active boolean not null default true,
  version int not null default 1
);
create index units_path on units (path text_pattern_ops);
create index units_parent on units (parent_id);

create table accounts (
  id uuid primary key,
  login text not null unique check (login ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
  post_name text not null,
  unit_id uuid not null references units,
  password_hash text,
  -- Earlier hashes, newest first, so that the policy can refuse them.
  password_history text[] not null default '{}',
  password_at timestamptz,
  must_change boolean not null default true,
  failures int not null default 0,
  failed_at timestamptz,
  locked_until timestamptz,
  active boolean not null default true,
  demo boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  last_login_at timestamptz,
  version int not null default 1
);
create index accounts_unit on accounts (unit_id);

create table grants (
  account_id uuid not null references accounts,
  role text not null,
  unit_id uuid not null references units,
  primary key (account_id, role, unit_id)
);

-- System administrator, security administrator and auditor exclude each other and every other role (SEC-10).
-- One guard row an account: 'business' or one of the three; the key makes two kinds impossible.
create table grant_kinds (
  account_id uuid not null references accounts,
  kind text not null,
  primary key (account_id)
);
create function check_grant_kind() returns trigger language plpgsql as $$
declare
  wanted text := case when new.role in ('system_admin', 'security_admin', 'auditor') then new.role else 'business' end;
  present text;
begin
  insert into grant_kinds (account_id, kind) values (new.account_id, wanted)
    on conflict (account_id) do update set kind = grant_kinds.kind returning kind into present;
  if present <> wanted then
    raise exception 'roles % and % exclude each other', present, wanted using errcode = 'check_violation', constraint = 'grants_separation';
  end if;
  return new;
end $$;
create trigger grants_separation before insert or update on grants for each row execute function check_grant_kind();
create function clear_grant_kind() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from grants where account_id = old.account_id) then
    delete from grant_kinds where account_id = old.account_id;
  end if;
  return old;
end $$;
create trigger grants_cleared after delete on grants for each row execute function clear_grant_kind();

create table sessions (
  token_hash bytea primary key,
  account_id uuid not null references accounts,
  csrf text not null,
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  address text
);
create index sessions_account on sessions (account_id);

-- Failed sign-ins by source address, against guessing over many accounts (SEC-03).
create table login_failures (
  address text not null,
  at timestamptz not null default clock_timestamp()
);
create index login_failures_at on login_failures (address, at);

-- Keys of other systems and devices' gateways; only the hash is kept (O311-09).
create table tokens (
  id uuid primary key,
  name text not null,
  token_hash bytea not null unique,
  account_id uuid not null references accounts,
  created_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz
);
