// Resource paths: /Things(1)/Datastreams(2)/unitOfMeasurement/name/$value, step by step against the model (OGC 18-088 §9.2).
import { bad, missing } from './fault.ts';
import { idOf } from './ids.ts';
import { type EntityName, entities, entityOfSet, propertyOf, relationOf } from './model.ts';

export interface Step {
  /** The set or relation that was followed. */
  name: string;
  entity: EntityName;
  /** Undefined for a list, and for a single related entity. */
  id?: string;
  /** A list (no id given and more than one possible). */
  many: boolean;
}
export interface ResourcePath {
  steps: Step[];
  /** A property of the last step's entity and the way into it. */
  property?: string[];
  value?: true;
  ref?: true;
}

/** Reads the part of the URL path after the version; `''` and `/` give no steps (the service document). */
export function parsePath(path: string): ResourcePath {
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    throw bad('网址中的 % 编码不完整');
  }
  if (text.includes('\u0000') || !text.isWellFormed()) throw bad('网址含有不能使用的字符');
  const parts = text.replace(/^\/+|\/$/g, '').split('/');
  const found: ResourcePath = { steps: [] };
  if (parts.length === 1 && !parts[0]) return found;
  if (parts.length > 30) throw bad('网址过长');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const last = found.steps.at(-1);
    const m = /^([A-Za-z]+)\((.*)\)$/s.exec(part);
    const name = m ? m[1]! : part;
    const key = m?.[2];
    if (!last) {
      const entity = entityOfSet(name);
      if (!entity) throw missing(`没有集合 ${name.slice(0, 60)}`);
      found.steps.push(step(name, entity.name, true, key));
      continue;
    }
    if (part === '$ref') {
      if (i !== parts.length - 1 || found.property) throw bad('$ref 只能在实体或集合之后');
      found.ref = true;
      continue;
    }
    if (part === '$value') {
      if (i !== parts.length - 1 || !found.property) throw bad('$value 只能在属性之后');
      found.value = true;
      continue;
    }
    if (found.property) {
      found.property.push(part);
      continue;
    }
    if (last.many) throw missing(`集合 ${last.name} 之后不能接 ${name.slice(0, 60)}`);
    const relation = relationOf(last.entity, name);
    if (relation) {
      if (key !== undefined && !relation.many) throw bad(`${name} 只有一个，不需要编号`);
      found.steps.push(step(name, relation.to, relation.many, key));
      continue;
    }
    if (m || (!propertyOf(last.entity, name) && name !== 'id' && name !== '@iot.id' && name !== '@iot.selfLink'))
      throw missing(`${entities[last.entity].name} 没有 ${name.slice(0, 60)}`);
    found.property = [name];
  }
  return found;
}

function step(name: string, entity: EntityName, many: boolean, key: string | undefined): Step {
  if (key === undefined) return { name, entity, many };
  const bare = /^'(.*)'$/s.exec(key)?.[1] ?? key.trim();
  const id = idOf(bare);
  // What no identifier of ours can be names nothing; that is not an error of form.
  if (id === undefined) throw /^[\w.~:-]{1,200}$/.test(bare) ? missing(`没有 ${name}(${bare})`) : bad(`${name} 的编号应为整数`);
  return { name, entity, many: false, id };
}
