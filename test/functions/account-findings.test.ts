import { accountFindings } from '../../functions/market/alpaca/account-findings.ts';
import { Broker } from '../../functions/market/alpaca/broker.ts';
import { badKeys, lostBefore, script, unavailable } from '../support/broker/faults.ts';
import { brokerFetch } from '../support/broker/http.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';

type Options = ConstructorParameters<typeof Scene>[0];

/** What is wrong, by what it is about; and all lines. */
async function findings(options: Options = {}, { keyId = PAPER.keyId, skewMs = 0 } = {}) {
  const scene = new Scene(options);
  const sleep = (ms: number) => Promise.resolve(scene.pass(ms));
  const transport = { fetchApi: brokerFetch(scene.engine, sleep), timeoutMs: 0 };
  const url = 'http://broker';
  const { secretKey } = PAPER;
  const broker = new Broker({ keyId, secretKey, tradingUrl: url, dataUrl: url, feed: 'iex', transport });
  const now = () => new Date(scene.now + skewMs);
  const all = await accountFindings('paper', 'AMZN', (work) => work(broker), now);
  return {
    all,
    wrong: Object.fromEntries(all.filter(({ ok }) => !ok).map(({ about, says }) => [about, says])),
  };
}
const account = (change: object): Options => ({ accounts: [{ ...PAPER, ...change }] });

test('an account with which all is right', async () => {
  const { all, wrong } = await findings();
  expect(wrong).toEqual({});
  expect(all.map(({ about, says }) => `${about}: ${says}`)).toEqual([
    'account: paper account PA1 is ACTIVE',
    'trading: is not blocked',
    'buying power: 100000.00 dollars',
    'day trades: not flagged, day trades in five days: 0',
    'short selling: is not enabled at the broker',
    expect.stringMatching(/^data feed: the latest trade of AMZN was at 100, 2026-/) as string,
    "clock: the broker's is 0 seconds from this one",
  ]);
  expect(JSON.stringify(all)).not.toContain(PAPER.secretKey);
});

test('wrong keys, or those of a paper account for a live one, are named in each line, and never shown', async () => {
  const { all, wrong } = await findings({}, { keyId: 'PKOTHER' });
  expect(Object.keys(wrong)).toEqual(['account', 'data feed', 'clock']);
  expect(wrong['account']).toMatch(/BrokerKeysError: .*paper account need alpacaLive=false/);
  expect(JSON.stringify(all)).not.toMatch(/PKOTHER|fake-secret/);
});

test.each<[string, Options, string, RegExp]>([
  [
    'blocked',
    account({ accountBlocked: true, tradingBlocked: true }),
    'trading',
    /^the account is blocked, trading is blocked; see/,
  ],
  ['without money', account({ cash: '0' }), 'buying power', /^0\.00 dollars; deposit/],
  [
    'flagged and small',
    account({ cash: '20000', patternDayTrader: true }),
    'day trades',
    /^flagged .* refuses/,
  ],
  [
    'with three day trades',
    account({ cash: '20000', daytradeCount: 3 }),
    'day trades',
    /^not flagged, .*: 3; with less/,
  ],
])('an account that is %s', async (_, options, about, says) => {
  const { wrong } = await findings(options);
  expect(Object.keys(wrong)).toEqual([about]);
  expect(wrong[about]).toMatch(says);
});

test('day trades are no matter with enough equity', async () => {
  expect((await findings(account({ patternDayTrader: true, daytradeCount: 9 }))).wrong).toEqual({});
});

test('what does not answer is one line; the others are there', async () => {
  const faults = script({
    'GET /v2/account': [unavailable()],
    'GET /v2/clock': [lostBefore()],
    'GET /v2/stocks/{symbol}/trades/latest': [badKeys()],
  });
  const { wrong } = await findings({ faults });
  expect(wrong['account']).toMatch(/^BrokerUnavailableError: /);
  expect(wrong['clock']).toMatch(/^BrokerUnavailableError: The broker gave no answer/);
  expect(wrong['data feed']).toMatch(/^BrokerKeysError: /);
});

test.each([-5_000, 5_000])('a clock that is %d ms off', async (skewMs) => {
  const { wrong } = await findings({}, { skewMs });
  expect(wrong).toEqual({ clock: expect.stringContaining(`is ${-skewMs / 1_000} seconds from`) as string });
});
