// Every kind of content a pack may hold, with the schema its slice gives and the references it makes.
import type * as z from 'zod';
import { flowPack, matterPack, scenarioPack, sectorPack } from '../cases/pack.ts';
import { publicServicesPack } from '../cases/public-services.ts';
import { calendarPack } from '../duty/pack.ts';
import { surveyPack, targetPack } from '../evaluation/pack.ts';
import { evaluationSchemePack, financeRulePack } from '../finance/pack.ts';
import { indicatorPack, riskTypePack } from '../indicators/pack.ts';
import { centrePack } from '../people/pack.ts';
import { ledgerPack } from '../records/pack.ts';
import { examplePack } from './example.ts';
import { mapperPack } from '../signals/mapper.ts';
import { profilePack } from '../signals/pack.ts';
import { rulePack } from '../warnings/pack.ts';

/** A reference from one item to another: path in the item → kind it must exist in. `*` goes over lists and maps. */
export interface Kind<S extends z.ZodType = z.ZodType> {
  schema: S;
  refs: [path: string, kind: string][];
}
const kind = <S extends z.ZodType>(schema: S, refs: [string, string][] = []): Kind<S> => ({ schema, refs });

export const kinds = {
  centre: kind(centrePack),
  sectors: kind(sectorPack),
  flows: kind(flowPack),
  matters: kind(matterPack, [
    ['flow', 'flows'],
    ['sector', 'sectors'],
  ]),
  scenarios: kind(scenarioPack, [['matter', 'matters']]),
  'public-services': kind(publicServicesPack, [
    ['flow', 'flows'],
    ['services.*.matter', 'matters'],
  ]),
  calendars: kind(calendarPack),
  ledgers: kind(ledgerPack),
  profiles: kind(profilePack),
  mappers: kind(mapperPack),
  indicators: kind(indicatorPack, [
    ['sector', 'sectors'],
    ['source.ledger', 'ledgers'],
    ['source.profile', 'profiles'],
    ['source.survey', 'surveys'],
    ['source.inputs.*', 'indicators'],
    ['source.parts.*.code', 'indicators'],
  ]),
  'risk-types': kind(riskTypePack, [['sector', 'sectors']]),
  'warning-rules': kind(rulePack, [
    ['on.profile', 'profiles'],
    ['on.indicator', 'indicators'],
    ['scenario', 'scenarios'],
    ['matter', 'matters'],
  ]),
  surveys: kind(surveyPack, [['after.flows.*', 'flows']]),
  targets: kind(targetPack, [['indicator', 'indicators']]),
  'finance-rules': kind(financeRulePack),
  'evaluation-schemes': kind(evaluationSchemePack),
  tests: kind(examplePack, [
    ['matter', 'matters'],
    ['indicator', 'indicators'],
    ['scenario', 'scenarios'],
    ['target', 'targets'],
  ]),
} as const;
export type KindName = keyof typeof kinds;
export type Item<K extends KindName> = z.output<(typeof kinds)[K]['schema']>;
export const kindNames = Object.keys(kinds) as KindName[];
