// Geometric functions of a filter, answered before the statement: the rows for which one is true go into it as parameters.
import type { Expr } from '#core/signals/sta/expression.ts';
import { bad, unsupported } from '#core/signals/sta/fault.ts';
import { type EntityName, relationOf } from '#core/signals/sta/model.ts';
import type { Options } from '#core/signals/sta/options.ts';
import { type Shape, boxOf, hullOf, pointsOf, shapeOfGeoJson } from '#core/signals/sta/shape.ts';
import { distance, holds, intersectionMatrix, lengthOf, matches } from '#core/signals/sta/relate.ts';
import type { Db, Sql } from '../../platform/db.ts';
import type { GeoAnswers } from './compile.ts';
import { Args, type View, tables } from './tables.ts';
import { selected } from './values.ts';

/** More geometries than this are not compared one by one. */
const MAX_ROWS = 200_000;
/** Pairs of points that one call may compare: beyond it the answer would take seconds. */
const MAX_WORK = 50_000_000;

const COLUMNS: Record<string, string> = {
  'Location/location': `case when jsonb_typeof(m.location) = 'object' then m.location::text end`,
  'FeatureOfInterest/feature': `case when jsonb_typeof(m.feature) = 'object' then m.feature::text end`,
  'Datastream/observedArea': selected('Datastream', 'observedArea', 'm')[0]!,
};

/** Finds the geometric calls of filter and order and answers each over the visible rows of its entity. */
export async function answerGeometry(db: Db, view: View, entity: EntityName, options: Options): Promise<GeoAnswers> {
  const answers: GeoAnswers = new Map();
  const calls: { call: Extract<Expr, { k: 'call' }>; scope: Map<string, EntityName> }[] = [];
  const walk = (e: Expr, scope: Map<string, EntityName>): void => {
    if (e.k === 'op') {
      walk(e.left, scope);
      walk(e.right, scope);
    } else if (e.k === 'not' || e.k === 'minus') walk(e.of, scope);
    else if (e.k === 'some') {
      const end = e.body && endOf(entity, e.path, scope);
      if (e.body) walk(e.body, end ? new Map([...scope, [e.variable, end.entity]]) : scope);
    } else if (e.k === 'call') {
      if (e.name.startsWith('geo.') || e.name.startsWith('st_')) calls.push({ call: e, scope });
      else e.args.forEach((x) => walk(x, scope));
    }
  };
  if (options.filter) walk(options.filter, new Map());
  for (const o of options.orderby) walk(o.by, new Map());
  for (const { call, scope } of calls) answers.set(call, await answer(db, view, entity, scope, call));
  return answers;
}

function endOf(entity: EntityName, path: string[], scope: Map<string, EntityName>): { entity: EntityName; rest: string[] } {
  let at = entity;
  const rest = [...path];
  const variable = scope.get(rest[0]!);
  if (variable) {
    at = variable;
    rest.shift();
  }
  for (;;) {
    const r = rest[0] === undefined ? undefined : relationOf(at, rest[0]);
    if (!r) return { entity: at, rest };
    at = r.to;
    rest.shift();
  }
}

async function answer(db: Db, view: View, entity: EntityName, scope: Map<string, EntityName>, call: Extract<Expr, { k: 'call' }>) {
  const path = call.args.find((x) => x.k === 'path');
  if (!path || path.k !== 'path') throw unsupported(`${call.name} 需要一个位置属性`);
  const end = endOf(entity, path.parts, scope);
  const column = COLUMNS[`${end.entity}/${end.rest.join('/')}`];
  if (!column) throw unsupported(`${call.name} 只能用于 location、feature 与 observedArea`);
  const first = call.args[0] === path;
  const other = call.args.find((x, i) => x !== path && i < 2);
  let shape: Shape | undefined;
  if (call.name !== 'geo.length') {
    if (other?.k !== 'literal' || other.value.k !== 'shape') throw other?.k === 'path' ? unsupported(`${call.name} 的两个参数不能都是属性`) : bad(`${call.name} 需要 geography'…'`);
    shape = other.value.shape;
  }
  const pattern = call.name === 'st_relate' ? call.args[2] : undefined;
  if (call.name === 'st_relate' && !(pattern?.k === 'literal' && pattern.value.k === 'text' && /^[012TF*]{9}$/i.test(pattern.value.text)))
    throw bad('st_relate 的第三个参数应为九位的 DE-9IM 模式');

  const args = new Args();
  const table = tables[end.entity];
  const box = shape && boxOf(shape);
  const rows = (await (db as Sql)
    .unsafe(
      `select id, shape from (select m.id::text as id, ${column} as shape from ${table.from('m')} where ${table.visible('m', args, view)}) x where shape is not null limit ${MAX_ROWS + 1}`,
      args.values as never[],
    )
    .values()) as unknown as [string, string][];
  if (rows.length > MAX_ROWS) throw unsupported(`位置超过 ${MAX_ROWS} 个，不能逐个比较`);
  const ids: string[] = [];
  const numbers: Record<string, number> = {};
  const numeric = call.name === 'geo.distance' || call.name === 'geo.length';
  const size = shape ? pointsOf(shape).length : 1;
  let work = 0;
  for (const [id, text] of rows) {
    const own = end.entity === 'Datastream' ? areaOf(JSON.parse(text) as unknown[]) : shapeOfGeoJson(JSON.parse(text));
    const its = own && boxOf(own);
    if (!own || !its) continue;
    if ((work += pointsOf(own).length * size) > MAX_WORK) throw unsupported('几何过于复杂，不能逐个比较');
    if (call.name === 'geo.length') numbers[id] = lengthOf(own);
    else if (call.name === 'geo.distance') numbers[id] = distance(own, shape!);
    else {
      const apart = !box || its.west > box.east || its.east < box.west || its.south > box.north || its.north < box.south;
      // Boxes apart decide most pairs.
      if (apart && call.name !== 'st_relate') {
        if (call.name === 'st_disjoint') ids.push(id);
        continue;
      }
      const matrix = first ? intersectionMatrix(own, shape!) : intersectionMatrix(shape!, own);
      const yes =
        pattern?.k === 'literal' && pattern.value.k === 'text' ? matches(matrix, pattern.value.text) : holds(call.name, matrix, first ? own : shape!, first ? shape! : own);
      if (yes) ids.push(id);
    }
  }
  return numeric ? { entity: end.entity, numbers } : { entity: end.entity, ids };
}

/** The area of a stream as it is served: the hull of its features. */
function areaOf(features: unknown[]): Shape | undefined {
  const hull = hullOf(
    features.flatMap((f) => {
      const s = shapeOfGeoJson(f);
      return s ? pointsOf(s) : [];
    }),
  );
  return hull && shapeOfGeoJson(hull);
}
