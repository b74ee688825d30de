-- The notes of stored groups are read soon and forgotten after a week: they are not worth compressing while readings wait.
alter table ingest_batches alter column streams set storage external, alter column hours set storage external;
