// HTTP of finance.
import { advise, adviceRuleNames } from '#core/finance/advice.ts';
import { financeApi } from '#core/finance/contract.ts';
import { formOf } from '#core/finance/form.ts';
import { inputFrom } from '#core/finance/produce/from.ts';
import { problem } from '#core/problem.ts';
import type { FastifyRequest } from 'fastify';
import { append } from '../platform/facts.ts';
import { openFile } from '../platform/files.ts';
import { RawReply, serve, type Served } from '../platform/http.ts';
import * as correct from './correct.ts';
import * as disclosures from './disclosures.ts';
import * as evaluation from './evaluation.ts';
import * as execution from './execution.ts';
import { formDocx, formHtml, formXlsx } from './forms/render.ts';
import { FileError } from './formats/limits.ts';
import { importDisclosure, rulesOf } from './import.ts';
import * as monitoring from './monitoring.ts';
import { produce, ProduceError } from './produce/produce.ts';
import type { Reader } from './reader.ts';
import { reportCsv, reportHtml } from './report.ts';
import { targetsOf } from './store-targets.ts';
import * as targets from './targets.ts';
import type { GivenFile } from './understand.ts';

const MEGA = 1 << 20;

/** The files of a form; refuses what is not one, and more or larger files than a disclosure has. */
async function filesOf(request: FastifyRequest, most: number, fileSize: number): Promise<GivenFile[]> {
  if (!request.isMultipart()) throw problem('unsupported-media-type', { detail: '请用表单（multipart/form-data）上传文件' });
  const files: GivenFile[] = [];
  let total = 0;
  try {
    for await (const part of request.files({ limits: { fileSize, files: most } })) {
      const bytes = await part.toBuffer();
      total += bytes.length;
      if (total > 200 * MEGA) throw problem('too-large', { detail: '几个文件合计超过 200 MB' });
      // Only the last part of the name: some browsers send a path.
      files.push({ name: (part.filename || '未命名').replace(/^.*[\\/]/, '').slice(0, 200), bytes });
    }
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === 'FST_REQ_FILE_TOO_LARGE') throw problem('too-large', { detail: `单个文件超过 ${fileSize / MEGA} MB` });
    if (code === 'FST_FILES_LIMIT') throw problem('too-large', { detail: `一次最多 ${most} 个文件` });
    throw error;
  }
  if (!files.length) throw problem('invalid-input', { detail: '没有文件' });
  return files;
}
/** A file that cannot be read is the giver's matter, not the server's. */
const readable = <T>(p: Promise<T>): Promise<T> =>
  p.catch((error: unknown) => {
    if (error instanceof FileError)
      throw problem(error.code === 'too-large' ? 'too-large' : 'invalid-input', { detail: error.message, errors: [{ pointer: '/body/file', message: error.message }] });
    throw error;
  });
const download = (name: string): Record<string, string> => ({ 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` });
/** The page styles itself and runs nothing. */
const printable = { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" };

/** Routes over one process's reader of uploads. */
export const financeRoutes = (own: () => Reader): Served =>
  serve(financeApi, {
    disclosures: ({ hub, realm, scope, query }) => disclosures.listDisclosures({ hub, realm, scope }, query),
    async importDisclosure({ hub, realm, scope, actor, request, query }) {
      const files = await filesOf(request, 20, 50 * MEGA);
      return readable(importDisclosure(hub, { actor, realm, request: request.id }, scope, files, query, (f, rules) => own().understand(f, rules)));
    },
    disclosure: ({ hub, realm, scope, params, actor }) => disclosures.readOne({ hub, realm, scope }, params.id, actor),
    table: ({ hub, realm, scope, params }) => disclosures.readTable({ hub, realm, scope }, params.id, params.n),
    pageText: ({ hub, realm, scope, params }) => disclosures.readPage({ hub, realm, scope }, params.id, params.file, params.page),
    statements: ({ hub, realm, scope, params }) => disclosures.listStatements({ hub, realm, scope }, params.id),
    findings: ({ hub, realm, scope, params }) => disclosures.listFindings({ hub, realm, scope }, params.id),
    decideFinding: ({ work, scope, params, body }) => correct.decideFinding(work, params.id, scope, params.key, body),
    async report({ hub, realm, scope, params, query, actor }) {
      const d = await disclosures.readOne({ hub, realm, scope }, params.id, actor);
      const f = await disclosures.listFindings({ hub, realm, scope }, params.id);
      const name = `${d.unitName.zh}${d.year}校验报告`;
      if (query.format === 'csv') return new RawReply(reportCsv(d, f), 'text/csv; charset=utf-8', download(`${name}.csv`));
      if (query.format === 'json') return new RawReply(JSON.stringify({ disclosure: d, ...f }, null, 2), 'application/json; charset=utf-8', download(`${name}.json`));
      return new RawReply(reportHtml(d, f), 'text/html; charset=utf-8', printable);
    },
    difference: ({ hub, realm, scope, params, query }) => disclosures.readDifference({ hub, realm, scope }, params.id, query.from),
    async original({ hub, realm, scope, params, actor, request }) {
      const d = await disclosures.mustRead(hub.sql, realm, params.id, scope);
      const f = d.files.find((x) => x.sha256 === params.sha256 && x.kept);
      if (!f) throw problem('not-found', { detail: '没有保存这个原件' });
      const { stream } = await openFile(hub.config.dataDir, f.sha256);
      await hub.command({ actor, realm, request: request.id }, (work) =>
        append(work, [{ kind: 'export.made', subject: `account:${actor.account}`, unit: d.unit, data: { what: `disclosure:${d.id}`, file: f.sha256 } }]),
      );
      return new RawReply(stream, 'application/octet-stream', download(f.name));
    },
    async produced({ hub, realm, scope, params, query }) {
      const d = await disclosures.mustRead(hub.sql, realm, params.id, scope);
      const { now } = await correct.corrected(hub.sql, d.id);
      try {
        const { input, missing } = inputFrom({ ...now, year: d.year, kind: d.kind });
        if (!query.format) return { missing, formats: ['xlsx', 'docx', 'html', 'csv', 'json'] };
        const [file] = (await produce(input, { formats: [query.format] })).files;
        return new RawReply(Buffer.from(file!.bytes), file!.mediaType, query.format === 'html' ? printable : download(file!.name));
      } catch (error) {
        if (error instanceof RangeError || error instanceof ProduceError)
          throw problem('not-allowed-in-state', { detail: `数字对不上，不能据以生成：${error.message.slice(0, 500)}` });
        throw error;
      }
    },
    corrections: ({ hub, realm, scope, params }) => correct.listCorrections({ hub, realm, scope }, params.id),
    correct: ({ work, scope, params, body }) => correct.correct(work, params.id, scope, body),
    withdrawCorrection: ({ work, scope, params }) => correct.withdraw(work, params.id, scope, params.correction),

    compare: ({ hub, realm, scope, query }) => disclosures.compare({ hub, realm, scope }, { ...query, units: query.units?.split(',').filter(Boolean) }),

    targets: ({ hub, realm, scope, query, actor }) => targets.listTargets(hub, realm, scope, query, actor),
    target: ({ hub, realm, scope, params, actor }) => targets.readTarget(hub, realm, scope, params.key, actor),
    bindTarget: ({ work, scope, params, body }) => targets.bindTarget(work, scope, params.key, body),
    unbindTarget: ({ work, scope, params }) => targets.unbindTarget(work, scope, params.key),
    rejectSuggestion: ({ work, scope, params, body }) => targets.rejectSuggestion(work, scope, params.key, body),
    bindAll: ({ work, scope, body }) => targets.bindAll(work, scope, body.keys, body.least),
    planTarget: ({ work, scope, params, body }) => targets.planTarget(work, scope, params.key, body.plan),
    async atRisk({ hub, realm, scope, query }) {
      const list = await targets.listTargets(hub, realm, scope, { ...query, bound: 'bound' });
      return {
        year: list.year,
        asOf: list.asOf,
        targets: list.items.filter((t) => t.progress.state === 'at-risk' || t.progress.state === 'missed'),
        execution: await execution.executionAtRisk(hub, realm, scope, { year: list.year, unit: query.unit }),
      };
    },

    async advice({ hub, realm, scope, params }) {
      await disclosures.mustRead(hub.sql, realm, params.id, scope);
      const rows = await targetsOf(hub.sql, params.id);
      const items = advise(rows, {}, await rulesOf(hub));
      return { targets: rows.map((t) => ({ key: t.key, project: t.project, indicator: t.indicator })), items: items.map((a) => ({ ...a, ruleName: adviceRuleNames[a.rule] })) };
    },
    async adviseTargets({ hub, body }) {
      const items = advise(body.targets, { goal: body.goal, budget: body.budget, moneyUnit: body.moneyUnit }, await rulesOf(hub));
      return { items: items.map((a) => ({ ...a, ruleName: adviceRuleNames[a.rule] })) };
    },

    execution: ({ hub, realm, scope, query, actor }) => execution.readExecutionOf(hub, realm, scope, query, actor),
    enterExecution: ({ work, scope, body }) => execution.enterExecution(work, scope, body),
    async importExecution({ hub, realm, scope, actor, request, query }) {
      const [file] = await filesOf(request, 1, 20 * MEGA);
      return readable(execution.importExecution(hub, { actor, realm, request: request.id }, scope, file!, query, (f) => own().rows(f)));
    },
    setBudget: ({ work, scope, body }) => execution.setBudget(work, scope, body),

    monitorings: ({ hub, realm, scope, query }) => monitoring.listMonitorings(hub, realm, scope, query),
    saveMonitoring: ({ work, scope, body }) => monitoring.saveMonitoring(work, scope, body),
    finishCorrection: ({ work, scope, params, body }) => monitoring.finishCorrection(work, scope, params.id, body.note),

    schemes: ({ hub }) => evaluation.listSchemes(hub),
    evaluations: ({ hub, realm, scope, query }) => evaluation.listEvaluations(hub, realm, scope, query),
    beginEvaluation: ({ work, body }) => evaluation.beginEvaluation(work, body),
    evaluation: ({ hub, realm, scope, params, actor }) => evaluation.readEvaluation(hub, realm, scope, params.id, actor),
    saveEvaluation: ({ work, scope, params, body, ifMatch }) => evaluation.saveEvaluation(work, scope, params.id, ifMatch, body),
    submitEvaluation: ({ work, scope, params, ifMatch }) => evaluation.submitEvaluation(work, scope, params.id, ifMatch),
    reviewEvaluation: ({ work, scope, params, body, ifMatch }) => evaluation.reviewEvaluation(work, scope, params.id, ifMatch, body),
    async evaluationForm({ hub, realm, scope, params, query, actor }) {
      const e = await evaluation.readEvaluation(hub, realm, scope, params.id, actor);
      const form = formOf(e);
      const name = `${form.title}-${e.unitName.zh}${e.project ? `-${e.project}` : ''}`;
      if (query.format === 'docx') return new RawReply(await formDocx(form), 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', download(`${name}.docx`));
      if (query.format === 'xlsx') return new RawReply(formXlsx(form), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', download(`${name}.xlsx`));
      return new RawReply(formHtml(form), 'text/html; charset=utf-8', printable);
    },
  });
