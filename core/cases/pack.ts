// What packs say about cases: flows (graphs of steps), matters with filing conditions and chained limits, scenarios that fan out.
import * as z from 'zod';
import { text } from '../contract.ts';
import { clocks } from '../duty/deadline.ts';
import { fields } from '../form.ts';
import { permissions, type Permission } from '../people/roles.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/);
const permission = z.enum(Object.keys(permissions) as [Permission, ...Permission[]]);
export const limit = z.strictObject({ clock: z.enum(clocks), amount: z.number().min(0).max(1000) });
/** A unit by its code below the district (`water`), `place` for the unit whose area it is, `origin` for who reported. */
const unitRef = z.string().regex(/^[a-z][a-z0-9.-]{0,80}$/);

const outcome = z
  .strictObject({
    code,
    name: text,
    /** The next step, or how the case ends. */
    next: code.optional(),
    end: z.enum(['closed', 'dismissed']).optional(),
    /** A reason must be given. */
    reason: z.boolean().default(false),
    form: fields.default([]),
    /** Opens several tasks at the next step, units chosen by who decides (or taken from the scenario). */
    fanOut: z.boolean().default(false),
    /** Sends the work back to those who did it (their tasks become rework). */
    rework: z.boolean().default(false),
    /** Case attributes that must be known afterwards. */
    needs: z.array(z.enum(['matter', 'condition', 'level', 'place'])).default([]),
    danger: z.boolean().default(false),
  })
  .refine((o) => Boolean(o.next) !== Boolean(o.end) || o.rework, { error: '结果须给出 next、end、rework 之一' });

const step = z.strictObject({
  kind: z.enum(['do', 'decide', 'check']),
  name: text,
  /** What the actor must hold over the task's unit. */
  permission,
  /** Who gets the task: a unit's code, the unit of the place, or `chosen` by the outcome that led here. */
  unit: z.union([z.literal('chosen'), unitRef]).default('chosen'),
  limit: limit.optional(),
  /** Acknowledgement (签收) of do-steps: limit by level I–IV or one for all. */
  ack: z.union([limit, z.strictObject({ I: limit, II: limit, III: limit, IV: limit })]).optional(),
  /** Handling limits come from the matter's filing condition where it has some. */
  matterLimits: z.boolean().default(false),
  form: fields.default([]),
  /** The unit lead confirms before it counts as done. */
  confirm: permission.optional(),
  returnable: z.boolean().default(false),
  extendable: z.boolean().default(false),
  deferrable: z.boolean().default(false),
  /** Who did the work may not decide here (a unit never closes its own case). */
  independent: z.boolean().default(false),
  outcomes: z.array(outcome).default([]),
  /** Where do-steps go when all mandatory tasks are done. */
  next: code.optional(),
  end: z.enum(['closed', 'dismissed']).optional(),
  /** Where a returned task goes to be dispatched anew. */
  onReturn: code.optional(),
  /** Counts toward the units' on-time rate. */
  counted: z.boolean().default(false),
});

export const flowPack = z
  .strictObject({
    code,
    name: text,
    /** Letters at the front of the case number. */
    prefix: z.string().regex(/^[A-Z]{1,6}$/),
    start: code,
    /** The unit that owns a case when no task is open: nobody's case does not exist. */
    owner: unitRef,
    open: z.strictObject({ permission, form: fields.default([]) }),
    /** After closing: who may evaluate and whether a review is proposed. */
    evaluate: z.strictObject({ permission, form: fields }).optional(),
    steps: z.record(code, step),
  })
  .superRefine((f, ctx) => {
    const say = (message: string, path: (string | number)[]) => ctx.addIssue({ code: 'custom', message, path });
    const known = (c: string | undefined, path: (string | number)[]) => c !== undefined && !f.steps[c] && say(`没有步骤 ${c}`, path);
    known(f.start, ['start']);
    for (const [name, s] of Object.entries(f.steps)) {
      known(s.next, ['steps', name, 'next']);
      known(s.onReturn, ['steps', name, 'onReturn']);
      if (s.kind === 'do' && !s.next && !s.end) say('办理步骤须给出 next 或 end', ['steps', name]);
      if (s.kind !== 'do' && !s.outcomes.length) say('决定步骤须给出 outcomes', ['steps', name]);
      if (s.returnable && !s.onReturn) say('可退回的步骤须给出 onReturn', ['steps', name, 'returnable']);
      for (const [i, o] of s.outcomes.entries()) known(o.next, ['steps', name, 'outcomes', i, 'next']);
    }
    // What becomes a fact cannot be erased: only the report may carry personal data, kept apart.
    for (const [name, st] of Object.entries(f.steps))
      for (const list of [st.form, ...st.outcomes.map((o) => o.form)])
        for (const x of list) if (x.personal) say(`字段 ${x.name} 是个人信息，只能放在 open 表单中`, ['steps', name]);
    const seen = new Set<string>();
    const walk = (c: string) => {
      if (seen.has(c) || !f.steps[c]) return;
      seen.add(c);
      const s = f.steps[c];
      for (const n of [s.next, s.onReturn, ...s.outcomes.map((o) => o.next)]) if (n) walk(n);
    };
    walk(f.start);
    for (const name of Object.keys(f.steps)) if (!seen.has(name)) say(`步骤 ${name} 无法到达`, ['steps', name]);
  });
export type Flow = z.output<typeof flowPack>;
export type Step = Flow['steps'][string];

export const matterPack = z.strictObject({
  code,
  name: text,
  /** 板块 and 跑道. */
  sector: code,
  track: text,
  kind: z.enum(['component', 'occurrence', 'service']),
  flow: code,
  /** The responsible unit's code below the district. */
  unit: unitRef,
  conditions: z
    .array(
      z.strictObject({
        code,
        name: text,
        level: z.number().int().min(1).max(4),
        /** Chained limits: each runs from the dispatch; the last one is the whole. */
        limits: z.array(limit.extend({ name: text })).min(1),
        closing: text,
      }),
    )
    .min(1),
  sourceRef: z.string().min(3),
  effectiveFrom: z.iso.date(),
});
export type Matter = z.output<typeof matterPack>;

export const sectorPack = z.strictObject({ code, name: text, order: z.number().int(), tracks: z.array(z.strictObject({ code, name: text })).min(1) });
export type Sector = z.output<typeof sectorPack>;

export const scenarioPack = z.strictObject({
  code,
  name: text,
  prefix: z.string().regex(/^[A-Z]{2,8}$/),
  matter: code,
  condition: code,
  /** CEL over {level, value, peak, count}: the grade proposed. */
  grade: z.string().optional(),
  /** Who is called at once, in parallel; the first lead unit answers for the whole. */
  tasks: z.array(z.strictObject({ unit: unitRef, title: text, lead: z.boolean().default(false), mandatory: z.boolean().default(true) })).min(1),
  plan: z.array(z.strictObject({ step: text, unit: unitRef })).default([]),
});
export type Scenario = z.output<typeof scenarioPack>;
