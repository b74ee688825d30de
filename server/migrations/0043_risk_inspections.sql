-- Inspections of risk points: which entry of the ledger says that which point was visited on which day.
create table risk_inspections (
  record uuid primary key,
  point uuid not null references risk_points on delete cascade,
  inspected_on date not null,
  found int not null default 0,
  void boolean not null default false,
  by text not null,
  at timestamptz not null
);
create index risk_inspections_point on risk_inspections (point, inspected_on desc);
