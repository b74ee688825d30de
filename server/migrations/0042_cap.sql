-- CAP 1.2 messages as they came in: the key of a message is for ever, what replaces what is read from their references.

create table cap_messages (
  id uuid primary key,
  realm text not null references realms,
  sender text not null,
  identifier text not null,
  sent timestamptz not null,
  status text not null,
  msg_type text not null,
  -- `sender,identifier,<milliseconds of sent>` of every message this one updates or cancels.
  refs text[] not null,
  xml text not null,
  digest text not null,
  expires timestamptz,
  received_at timestamptz not null,
  by text not null,
  -- What came of it: raised, updated, cancelled, superseded, expired, parked, not-live, kept.
  outcome text not null,
  warning_id uuid references warnings,
  unique (realm, sender, identifier, sent)
);
create index cap_messages_refs on cap_messages using gin (refs);
create index cap_messages_warning on cap_messages (warning_id) where warning_id is not null;
