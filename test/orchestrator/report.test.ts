import type { Run } from '../../orchestrator/durable/run.ts';
import { answers } from '../support/answers.ts';
import { toReport } from '../../orchestrator/protocol/report.ts';

const run = (state: Run['state'], result: unknown = null): Run => ({
  id: '45e9b56611cdcb087c95278c',
  key: 'trading/AMZN/tick',
  workflow: 'trading',
  version: 1,
  argument: { symbol: 'AMZN' },
  state,
  result,
  error: state === 'ERROR' ? { name: 'Error', message: 'x' } : null,
  steps: [],
  waits: [],
  blocked: null,
  isUndone: false,
  startedAt: new Date(0),
  endedAt: null,
});

test('a report counts its runs by outcome', () => {
  const runs = [
    run('SUCCESS', { id: 'trade', type: 'buy' }),
    run('SUCCESS', { held: 'why' }),
    run('SUCCESS', { refused: 'why', limit: 'maxPosition' }),
    run('SUCCESS', { rejected: 'why' }),
    run('SUCCESS', { skipped: 'why' }),
    run('SUCCESS', { skipped: 'why' }),
    run('SUCCESS', 'of a workflow of one’s own'),
    run('IN_PROGRESS'),
    run('ERROR'),
  ];
  expect(answers.report.parse(toReport('tick', runs, [])).counts).toEqual({
    ...{ traded: 1, held: 1, refused: 1, rejected: 1, skipped: 2 },
    ...{ failed: 1, blocked: 0, inProgress: 1, other: 1 },
  });
});

test('a report that Lambda would not answer is cut, and says by how much', () => {
  const large = run('SUCCESS', { held: 'é'.repeat(100_000) });
  const report = toReport('tick', Array<Run>(100).fill(large), []);
  expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(6_000_000);
  expect(report.runs.length).toBeGreaterThan(20);
  expect(report.runs.length + report.omitted).toBe(100);
  expect(report.counts.held).toBe(100);
  expect(toReport('tick', [large], []).omitted).toBe(0);
});
