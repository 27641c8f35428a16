import { MongoClient, ObjectId } from 'mongodb';
import { Types } from 'mongoose';
import { stepId } from '../../orchestrator/durable/ids.ts';
import { answers } from '../support/answers.ts';
import { answerOf, errorOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

// The deployed bundle, where every order needs a person's approval.
let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
beforeAll(async () => {
  app = await startTestApp({ overrides: { [ORCHESTRATOR]: { APPROVE_ABOVE: '0' } } });
  client = await new MongoClient(app.mongodbUri).connect();
});
afterAll(async () => {
  await client.close();
  await app.close();
});

const database = () => client.db(app.database);
const trades = (symbol: string) => database().collection('trades').countDocuments({ symbol });
const invoke = async (event: object) => answerOf(await app.invoke(ORCHESTRATOR, event));
const refused = async (event: object) => errorOf(await app.invoke(ORCHESTRATOR, event));
const show = async (id: string) => answers.run.parse(await invoke({ command: 'show', id })).run;

async function waitingRun(symbol: string): Promise<string> {
  const report = answers.report.parse(await invoke({ symbols: [symbol] }));
  const [run] = report.runs;
  expect(run).toMatchObject({ state: 'IN_PROGRESS', symbol, waits: [{ ref: 'approval' }] });
  return run!.id;
}
const decide = async (command: 'approve' | 'reject', id: string, note?: string) =>
  answers.outcome.parse(await invoke({ command, id, ...(note !== undefined && { note }) }));

test('a run that waits is listed, approved, and trades once, however often it is approved', async () => {
  const id = await waitingRun('APRV');
  const page = answers.page.parse(await invoke({ command: 'list', state: 'IN_PROGRESS', symbol: 'APRV' }));
  expect(page).toMatchObject({ runs: [{ id }], cursor: null });
  expect(await trades('APRV')).toBe(0);

  expect(await decide('approve', id)).toMatchObject({ outcome: 'approved', run: { state: 'SUCCESS' } });
  const run = await show(id);
  expect(run).toMatchObject({ result: { symbol: 'APRV' }, waits: [] });
  expect(run.steps.map(({ ref }) => ref)).toContain('approval');
  expect(await decide('approve', id)).toMatchObject({ outcome: 'already-approved' });
  expect(await decide('reject', id)).toMatchObject({
    outcome: 'already-approved',
    run: { state: 'SUCCESS' },
  });
  expect(await trades('APRV')).toBe(1);
});

test('a run that is rejected ends without a trade, and reports the reason', async () => {
  const id = await waitingRun('RJCT');
  const answer = await decide('reject', id, 'earnings tomorrow');
  expect(answer).toMatchObject({
    outcome: 'rejected',
    run: { state: 'SUCCESS', result: { rejected: 'rejected: earnings tomorrow' } },
  });
  expect(await decide('approve', id)).toMatchObject({ outcome: 'already-rejected' });
  expect(await trades('RJCT')).toBe(0);
});

test('a run without an answer ends without a trade', async () => {
  const id = await waitingRun('LATE');
  const past = new Date(Date.now() - 1_000);
  const step = `bag.open.${stepId(new Types.ObjectId(id), 'approval', 0).toHexString()}`;
  const late = {
    [`${step}.due`]: past,
    [`${step}.bag`]: JSON.stringify({ due: past }),
    'bag.waits.0.due': past,
  };
  await database()
    .collection('actions')
    .updateOne({ _id: new ObjectId(id) }, { $set: late });
  expect(await refused({ command: 'approve', id })).toMatchObject({
    errorType: 'RefusedError',
    errorMessage: expect.stringContaining('The time to answer') as string,
  });
  answers.report.parse(await invoke({ command: 'resume', id }));
  const { state, result } = await show(id);
  expect({ state, result }).toEqual({
    state: 'SUCCESS',
    result: { rejected: 'no answer within 60 minutes' },
  });
  expect(await trades('LATE')).toBe(0);
});

test('a run that waits can be cancelled, once; then it can be retried, and waits again', async () => {
  const id = await waitingRun('CNCL');
  expect(answers.outcome.parse(await invoke({ command: 'cancel', id, note: 'mistyped' }))).toMatchObject({
    outcome: 'cancelled',
    run: {
      state: 'ERROR',
      error: { name: 'RunCancelledError', message: 'The run was cancelled while it waited: mistyped' },
    },
  });
  expect(await invoke({ command: 'cancel', id })).toMatchObject({ outcome: 'already-ended' });
  expect(answers.outcome.parse(await invoke({ command: 'retry', id }))).toMatchObject({
    outcome: 'retried',
    run: { state: 'IN_PROGRESS', waits: [{ ref: 'approval' }] },
  });
  expect(await decide('approve', id)).toMatchObject({ outcome: 'approved', run: { state: 'SUCCESS' } });
  expect(await trades('CNCL')).toBe(1);
});

test('runs are paged', async () => {
  const ids = [await waitingRun('PAGE'), await waitingRun('PAGE'), await waitingRun('PAGE')];
  const list = { command: 'list', symbol: 'PAGE', limit: 2 };
  const first = answers.page.parse(await invoke(list));
  const second = answers.page.parse(await invoke({ ...list, cursor: first.cursor }));
  expect([...first.runs, ...second.runs].map(({ id }) => id)).toEqual(ids.toReversed());
  expect(second.cursor).toBeNull();
});

describe('what can not be done is refused, and the run stays as it was', () => {
  const unknown = '0123456789abcdef01234567';

  test.each(['show', 'approve', 'reject', 'cancel', 'retry', 'resume'])(
    '%s of a run that there is not',
    async (command) => {
      const { errorType, errorMessage } = await refused({ command, id: unknown });
      expect(errorType).toBe('RefusedError');
      expect(errorMessage).toContain(`There is no run ${unknown}`);
    },
  );

  test.each([
    [{ command: 'show', id: 'x' }, '24 hexadecimal digits'],
    [{ command: 'show' }, 'at id'],
    [{ command: 'list', cursor: 'x' }, 'The cursor is not from an earlier answer'],
    [{ command: 'list', limit: 0 }, 'limit'],
    [{ command: 'approve', id: unknown, by: 'me' }, 'Unrecognized key: "by"'],
  ])('%j', async (event, message) => {
    const { errorType, errorMessage } = await refused(event);
    expect(errorType).toBe('InvalidEventError');
    expect(errorMessage).toContain(message);
  });

  test('an approval of a run that does not wait, a retry of one that succeeded', async () => {
    const id = await waitingRun('DONE');
    expect((await refused({ command: 'retry', id })).errorMessage).toContain('only a run in ERROR');
    await decide('reject', id);
    const before = await show(id);
    expect((await refused({ command: 'retry', id })).errorMessage).toContain('is SUCCESS');
    expect(await show(id)).toEqual(before);

    const skipped = { command: 'tick', scheduledTime: '1970-01-05T14:30:00Z' };
    const report = answers.report.parse(await invoke(skipped));
    const { errorMessage } = await refused({ command: 'approve', id: report.runs[0]!.id });
    expect(errorMessage).toContain('does not wait for approval: it is SUCCESS');
  });
});
