// All contracts in one list: OpenAPI and the server's completeness check read it.
import type { Api } from './contract.ts';
import { casesApi } from './cases/contract.ts';
import { indicatorsApi } from './indicators/contract.ts';
import { financeApi } from './finance/contract.ts';
import { dutyApi } from './duty/contract.ts';
import { packsApi } from './packs/contract.ts';
import { peopleApi } from './people/contract.ts';
import { byHandApi } from './signals/by-hand-contract.ts';
import { importsApi } from './signals/imports-contract.ts';
import { mappersApi } from './signals/mappers-contract.ts';
import { probesApi } from './signals/probes-contract.ts';
import { signalsApi } from './signals/contract.ts';
import { devicesApi } from './signals/devices-contract.ts';
import { recordsApi } from './records/contract.ts';
import { evaluationApi } from './evaluation/contract.ts';
import { reviewApi } from './review/contract.ts';
import { warningsApi } from './warnings/contract.ts';

export const apis: Api[] = [
  indicatorsApi,
  warningsApi,
  peopleApi,
  packsApi,
  casesApi,
  dutyApi,
  signalsApi,
  probesApi,
  byHandApi,
  importsApi,
  mappersApi,
  devicesApi,
  recordsApi,
  evaluationApi,
  reviewApi,
  financeApi,
];
