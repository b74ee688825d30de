-- What the SensorThings façade needs beside the tables of 0030: owners of shared entities, times of a reading beyond its key,
-- identifiers that no formula gives, and the places and kinds of things registered by other ways as entities.

alter table sensors add column unit text, add column code text unique;
alter table observed_properties add column unit text, add column code text unique;
alter table locations add column unit text;
alter table features_of_interest add column unit text;
-- One feature is made from one location, also when two first readings come at once (STA-052).
create unique index features_of_interest_location on features_of_interest (location_id) where location_id is not null;

-- The feature of interest of readings that do not name another: set once, so that a reading needs no row of its own for it.
alter table streams add column foi_id bigint references features_of_interest on delete set null;
create index streams_foi on streams (foi_id) where foi_id is not null;

alter table observation_extras
  -- Where the formula of observation_id gives none, or the reading was moved to another instant.
  add column id bigint unique,
  -- Start of the phenomenon time where the key had to differ from it (several readings of one instant).
  add column began timestamptz,
  add column ended timestamptz,
  add column result_at timestamptz,
  add column valid_from timestamptz,
  add column valid_to timestamptz,
  add column foi_id bigint references features_of_interest on delete set null;
alter table observation_extras alter column data set default '{}';
create index observation_extras_foi on observation_extras (foi_id, stream) where foi_id is not null;
create index observation_extras_result on observation_extras (stream, result_at) where result_at is not null;
create index observation_extras_ended on observation_extras (stream, ended) where ended is not null;
create sequence observation_extra_ids;

-- The same as observationId in core/signals/sta/ids.ts.
create function observation_id(stream bigint, at timestamptz) returns bigint language sql immutable strict parallel safe return
  case
    when at < timestamptz '1970-01-01 00:00:00+00' then null
    when (extract(epoch from at) * 1000000)::bigint % 1000000 = 0 then
      case when extract(epoch from at) < 4294967296 and stream < 536870912 then (stream << 33) | (extract(epoch from at)::bigint << 1) end
    when (extract(epoch from at) * 1000000)::bigint % 1000 = 0 then
      case when extract(epoch from at) < 4398046511 and stream < 524288 then (stream << 44) | (((extract(epoch from at) * 1000)::bigint) << 2) | 1 end
  end;

-- A JSON number as a double; null of anything else and of what no double holds, so that one odd property cannot fail a query over all.
create function json_number(j jsonb) returns double precision language sql immutable strict parallel safe return
  case when jsonb_typeof(j) = 'number' then
    case when j::numeric = 0 then 0 when abs(j::numeric) between 1e-300 and 1.7e308 then j::float8 end
  end;

-- A thing with a place on the map has a location, its history and a feature of interest, whichever way it was registered or moved.
-- The façade sets chengshu.sta in its transactions: there the location comes first and the place on the map follows.
create function place_thing(thing things) returns void language plpgsql as $$
declare
  place bigint;
  feature bigint;
  point jsonb := jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(thing.lon, thing.lat));
begin
  insert into locations (realm, name, description, encoding_type, location, unit)
    values (thing.realm, thing.name, coalesce(thing.address, ''), 'application/geo+json', point, thing.unit) returning id into place;
  delete from thing_locations where thing_id = thing.id;
  insert into thing_locations (thing_id, location_id) values (thing.id, place);
  with h as (insert into historical_locations (thing_id, at) values (thing.id, app_now(thing.realm)) returning id)
    insert into historical_location_places (historical_location_id, location_id) select id, place from h;
  insert into features_of_interest (realm, name, description, encoding_type, feature, location_id, unit)
    values (thing.realm, thing.name, coalesce(thing.address, ''), 'application/geo+json', point, place, thing.unit) returning id into feature;
  update streams set foi_id = feature where thing_id = thing.id and dedupe = 'key';
end $$;
create function things_placed() returns trigger language plpgsql as $$
begin
  if new.lon is not null and new.lat is not null and coalesce(current_setting('chengshu.sta', true), '') <> '1' then
    perform place_thing(new);
  end if;
  return null;
end $$;
create trigger things_placed_new after insert on things for each row execute function things_placed();
create trigger things_placed_moved after update of lon, lat on things for each row
  when (old.lon is distinct from new.lon or old.lat is distinct from new.lat) execute function things_placed();

-- A stream registered from a profile is sensed by that kind of device and observes that quantity of it.
create function streams_described() returns trigger language plpgsql as $$
declare
  thing things;
begin
  if new.sensor_id is not null and new.property_id is not null then
    return new;
  end if;
  select * into thing from things where id = new.thing_id;
  if new.sensor_id is null then
    select id into new.sensor_id from sensors where code = thing.profile;
    if not found then
      insert into sensors (code, name, encoding_type, metadata) values (thing.profile, thing.profile, 'application/json', jsonb_build_object('profile', thing.profile)) on conflict (code) do nothing;
      select id into new.sensor_id from sensors where code = thing.profile;
    end if;
  end if;
  if new.property_id is null then
    select id into new.property_id from observed_properties where code = thing.profile || '/' || new.code;
    if not found then
      insert into observed_properties (code, name, definition) values (thing.profile || '/' || new.code, new.name, 'urn:chengshu:' || thing.profile || ':' || new.code) on conflict (code) do nothing;
      select id into new.property_id from observed_properties where code = thing.profile || '/' || new.code;
    end if;
  end if;
  if new.foi_id is null and new.dedupe = 'key' then
    select f.id into new.foi_id from thing_locations tl join features_of_interest f on f.location_id = tl.location_id where tl.thing_id = new.thing_id limit 1;
  end if;
  return new;
end $$;
create trigger streams_described before insert on streams for each row execute function streams_described();

-- What is there already.
do $$
declare
  one things;
begin
  for one in select * from things where lon is not null and lat is not null order by id loop
    perform place_thing(one);
  end loop;
  insert into sensors (code, name, encoding_type, metadata)
    select distinct t.profile, t.profile, 'application/json', jsonb_build_object('profile', t.profile) from streams st join things t on t.id = st.thing_id where st.sensor_id is null
    on conflict (code) do nothing;
  insert into observed_properties (code, name, definition)
    select distinct on (t.profile, st.code) t.profile || '/' || st.code, st.name, 'urn:chengshu:' || t.profile || ':' || st.code from streams st join things t on t.id = st.thing_id
    where st.property_id is null order by t.profile, st.code, st.id
    on conflict (code) do nothing;
  update streams st set sensor_id = coalesce(st.sensor_id, e.id), property_id = coalesce(st.property_id, p.id)
    from things t, sensors e, observed_properties p where t.id = st.thing_id and e.code = t.profile and p.code = t.profile || '/' || st.code;
end $$;
