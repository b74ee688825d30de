-- Content as immutable versions; what is edited on screen is a site overlay and makes a version too.
create table pack_versions (
  hash text primary key,
  packs text[] not null,
  files jsonb not null,
  imported_at timestamptz not null default clock_timestamp()
);
create table pack_current (
  one boolean primary key default true check (one),
  hash text not null references pack_versions
);
create table pack_overlays (
  path text primary key check (path ~ '^site/[a-z-]+/[a-z0-9-]+\.yaml$'),
  body text not null,
  by text not null,
  at timestamptz not null
);
