import { Logger } from '@aws-lambda-powertools/logger';
import type { Reconciliation } from '../../functions/contracts/reconcile-ledger.ts';
import type { Notice } from '../../orchestrator/actions/notifier.ts';
import { ledgerLog } from '../../orchestrator/tick/ledger-log.ts';

const NOTHING: Reconciliation = {
  ...{ compared: 3, busy: [], overdue: [], differences: [] },
  ...{ accepted: [], refused: [], canceled: [], left: 0 },
};
const difference = (symbol: string, isNew: boolean) => ({
  ...{ symbol, since: '2026-01-05T15:00:00.000Z', new: isNew, agrees: false },
  found: [{ kind: 'position' as const, ledger: '10 shares', broker: '40 shares' }],
});

function watched() {
  const [notices, metrics]: [Notice[], string[]] = [[], []];
  const logger = new Logger({ logLevel: 'SILENT' });
  const log = ledgerLog(
    logger,
    (name, _, value) => void metrics.push(`${name} ${value}`),
    (notice) => void notices.push(notice),
  );
  return { log, notices, metrics };
}

test('a difference is a message when it is new, and a metric at each tick', () => {
  const { log, notices, metrics } = watched();
  log.compared('tick', { ...NOTHING, differences: [difference('AMZN', true), difference('MSFT', false)] });
  log.compared('next', { ...NOTHING, differences: [difference('AMZN', false), difference('MSFT', false)] });
  expect(metrics).toEqual([
    ...['LedgerCompared 1', 'LedgerDifferences 2'],
    ...['LedgerCompared 1', 'LedgerDifferences 2'],
  ]);
  expect(notices.map(({ subject }) => subject)).toEqual(['The ledger and the broker differ: AMZN']);
  expect(notices[0]!.text).toContain('AMZN: position: ledger 10 shares, broker 40 shares');
  expect(notices[0]!.text).toContain('reconcile --accept');
});

test('an order that has been under way for long, or a broker that does not answer, is no comparison', () => {
  const { log, notices, metrics } = watched();
  log.compared('tick', { ...NOTHING, busy: ['AMZN'], overdue: ['AMZN'] });
  log.notCompared('next', new Error('no answer'));
  expect(metrics).toEqual(['LedgerCompared 0', 'LedgerDifferences 0', 'LedgerCompared 0']);
  expect(notices).toEqual([]);
});
