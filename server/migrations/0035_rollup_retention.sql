-- Finds the hours beyond their retention without reading all of them.
create index stream_hours_hour on stream_hours using brin (hour);
