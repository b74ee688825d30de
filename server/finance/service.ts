// What finance offers: disclosures read, checked and stored; corrections; targets bound and followed; execution; self-evaluation.
export { importDisclosure, rulesOf } from './import.ts';
export type { ImportWish } from './import.ts';
export { compare, listDisclosures, listFindings, readDifference, readOne, readTable } from './disclosures.ts';
export { Reader } from './reader.ts';
export { understand } from './understand.ts';
export type { GivenFile, Understood } from './understand.ts';
export { listTargets } from './targets.ts';
