import { answers } from '../support/answers.ts';
import { page } from '../../infra/cli/page/page.ts';
import { parseAnswer } from '../../infra/cli/answer/answer.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

// Symbols of other markets, on the way from an event to the ledger and back.
let app: Awaited<ReturnType<typeof startTestApp>>;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const invoke = async (event: object) => answerOf<object>(await app.invoke(ORCHESTRATOR, event));
const run = async (idempotencyKey: string, ...symbols: string[]) =>
  answers.report.parse(await invoke({ symbols, idempotencyKey })).runs;

test('a "/" in a symbol and one in a key make no two runs one', async () => {
  const [pair] = await run('x', 'BTC/USD');
  const [other] = await run('USD/x', 'BTC');
  expect([pair!.state, other!.state]).toEqual(['SUCCESS', 'SUCCESS']);
  expect(pair!.id).not.toBe(other!.id);
  const { trades } = answers.trades.parse(await invoke({ command: 'trades' }));
  expect(trades.map(({ symbol }) => symbol).sort()).toEqual(['BTC', 'BTC/USD']);
});

test.each(['7203.T', '0700.HK', 'BRK.B', 'ETH/USD'])(
  '%s is traded, listed, shown and counted',
  async (symbol) => {
    const [made] = await run('k', symbol);
    expect(made).toMatchObject({ symbol, state: 'SUCCESS' });
    const list = answers.page.parse(await invoke({ command: 'list', symbol }));
    expect(list.runs.map(({ id }) => id)).toEqual([made!.id]);
    const shown = await invoke({ command: 'show', id: made!.id });
    expect(page(parseAnswer(JSON.stringify(shown)).run!)).toContain(`${symbol}: `);
    const { positions } = answers.positions.parse(await invoke({ command: 'positions', symbols: [symbol] }));
    expect(positions).toMatchObject([{ symbol }]);
  },
);

test('small letters are the same symbol, the same run and the same trade', async () => {
  const [first] = await run('small', 'msft');
  const again = await run('small', 'MSFT', 'msft');
  expect(first!.symbol).toBe('MSFT');
  expect(again.map(({ id }) => id)).toEqual([first!.id]);
  expect(answers.page.parse(await invoke({ command: 'list', symbol: 'msft' })).runs).toHaveLength(1);
});
