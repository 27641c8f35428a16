import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../support/local-app.ts';

interface Complaint {
  ruleId: string | null;
  line: number;
  message: string;
}

/** What the project's linter says of a text, were it a workflow's. */
function lint(text: string): Complaint[] {
  const eslint = join(root, 'node_modules', 'eslint', 'bin', 'eslint.js');
  const options = ['--config', '.eslint.config.js', '--format', 'json', '--stdin'];
  const { stdout } = spawnSync(
    process.execPath,
    [eslint, ...options, '--stdin-filename', 'orchestrator/workflows/trading.ts'],
    { cwd: root, input: text, encoding: 'utf8' },
  );
  const [file] = JSON.parse(stdout) as { messages: Complaint[] }[];
  return file!.messages;
}

const forbidden = [
  'import { LambdaClient } from "@aws-sdk/client-lambda";',
  'import { readFileSync } from "node:fs";',
  'import { MongoClient } from "mongodb";',
  'export const a = Date.now();',
  'export const b = new Date();',
  'export const c = Date();',
  'export const d = Math.random();',
  'export const e = crypto.randomUUID();',
  'export const f = fetch("http://127.0.0.1/");',
  'export const g = process.env["HOME"];',
  'export const h = performance.now();',
  'export const i = setTimeout(() => undefined, 1);',
  'export const j = globalThis;',
  'export const k = import("node:os");',
];
const allowed = [
  'import * as z from "zod";',
  'import type { StockTransaction } from "../../functions/contracts/stock.ts";',
  'export const l = new Date("2026-01-05T14:30:00Z");',
  'export const m = Math.max(1, 2);',
  'export const n: [unknown, StockTransaction?] = [z];',
];

test('a workflow may not touch the clock, randomness, the network, the process or an SDK', () => {
  const complaints = lint([...forbidden, ...allowed].join('\n')).filter(({ ruleId }) =>
    ruleId?.includes('no-restricted'),
  );
  const lines = new Set(complaints.map(({ line }) => line));
  expect([...lines].sort((a, b) => a - b)).toEqual(forbidden.map((_, index) => index + 1));
  for (const { message } of complaints) expect(message).toMatch(/every replay.*(this\.|as a step)/);
});
