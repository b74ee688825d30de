-- What else a target sheet says: parts of its budget (district, towns, funds) and the labelled texts of the form (legal basis, overview).
alter table finance_sheets add column parts jsonb not null default '[]', add column fields jsonb not null default '[]', add column project_code text, add column department text;
