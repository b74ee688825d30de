// Five kills in every test run; thirty and more in `npm run test:faults`.
import { test } from 'node:test';
import { killing } from '../kills.ts';

test('F-02 F-03 five kills -9 of app and database lose nothing acknowledged', { timeout: 240_000, skip: process.env.DATABASE_URL ? '需要内置数据库' : false }, async (t) => {
  await killing(t, 5, Number(process.env.SEED ?? 20_260_302));
});
