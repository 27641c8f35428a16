import { MongoClient } from 'mongodb';
import { answers } from '../support/answers.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

// What a tick does where an earlier run of the symbol is still open, for it waits for approval.
describe.each(['skip', 'queue', 'allow'] as const)('overlap: %s', (OVERLAP) => {
  let app: Awaited<ReturnType<typeof startTestApp>>;
  let client: MongoClient;
  beforeAll(async () => {
    const overrides = { [ORCHESTRATOR]: { OVERLAP, APPROVE_ABOVE: '0', SYMBOLS: 'AMZN' } };
    app = await startTestApp({ overrides });
    client = await new MongoClient(app.mongodbUri).connect();
  });
  afterAll(async () => {
    await client.close();
    await app.close();
  });

  const invoke = async (event: object) => answerOf<object>(await app.invoke(ORCHESTRATOR, event));
  const tick = async (minute: number): Promise<Report> => {
    const scheduledTime = `2026-01-05T15:${String(minute).padStart(2, '0')}:00Z`;
    return answers.report.parse(await invoke({ command: 'tick', scheduledTime }));
  };
  const runOf = (report: Report) => report.runs.find(({ key }) => key.endsWith(report.tick))!;
  const waitsIn = ({ runs }: Report) => Object.fromEntries(runs.map(({ id, waits }) => [id, waits[0]!.ref]));
  const approve = (id: string) => invoke({ command: 'approve', id });
  const trades = () => client.db(app.database).collection('trades').countDocuments();

  const expectations = {
    async skip() {
      const first = runOf(await tick(0));
      const second = runOf(await tick(1));
      const reason = expect.stringContaining(`run ${first.id} of trading/AMZN`) as string;
      expect(second).toMatchObject({ state: 'SUCCESS', result: { skipped: reason }, steps: [] });
      await approve(first.id);
      // The same tick again finds its own run, and the next one is free to begin.
      expect(runOf(await tick(1))).toMatchObject({ id: second.id, state: 'SUCCESS' });
      expect(runOf(await tick(2))).toMatchObject({ waits: [{ ref: 'approval' }] });
      expect(await trades()).toBe(1);
    },

    async queue() {
      const [first, second, third] = [runOf(await tick(0)), runOf(await tick(1)), runOf(await tick(2))];
      expect(second).toMatchObject({ state: 'IN_PROGRESS', steps: [] });
      expect(second.waits).toMatchObject([{ ref: 'queue' }]);
      expect(second.waits[0]!.reason).toContain(`run ${first.id} of trading/AMZN`);
      expect(third.waits[0]!.reason).toContain(`run ${second.id} of trading/AMZN`);
      // Delivered again, or resumed in vain, it stays where it is.
      expect(runOf(await tick(1))).toMatchObject({ id: second.id, waits: [{ ref: 'queue' }] });

      await approve(first.id);
      const resumed = answers.report.parse(await invoke({ command: 'resume' }));
      expect(waitsIn(resumed)).toEqual({ [second.id]: 'approval' });
      await approve(second.id);
      const last = answers.report.parse(await invoke({ command: 'resume' }));
      expect(waitsIn(last)).toEqual({ [third.id]: 'approval' });
      expect(await trades()).toBe(2);
    },

    async allow() {
      const [first, second] = [runOf(await tick(0)), runOf(await tick(1))];
      expect([first, second]).toMatchObject([
        { waits: [{ ref: 'approval' }] },
        { waits: [{ ref: 'approval' }] },
      ]);
      await approve(second.id);
      await approve(first.id);
      expect(await trades()).toBe(2);
    },
  };

  test('is what it says', () => expectations[OVERLAP]());
});
