-- Ways in besides the hub's own: which events were taken, devices by the number their platform knows them by.

-- Keys of CloudEvents (first half of the SHA-256 of source and id): the same event again changes nothing.
create table cloud_events (
  key uuid primary key,
  at timestamptz not null
);
create index cloud_events_at on cloud_events (at);

-- `properties.deviceId`: DevEUI, IMEI or whatever a platform calls the device, where it is not the code.
create index things_device_id on things ((properties ->> 'deviceId')) where properties ? 'deviceId';
