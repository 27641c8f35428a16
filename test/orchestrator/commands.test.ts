import { Action, ActionApp, ActionState, Workflow } from '@wbce/orbits-core';
import { startStore } from '../../infra/local/mongodb/server.ts';
import { answerOf, ORCHESTRATOR, startTestApp, temporaryFolder } from '../support/local-app.ts';
import { figuresOfTest, table } from '../support/figures.ts';
import { summed, Tally } from '../support/tally.ts';

/** Commands to the store, by what they were for. */
const counted = new Map<string, string[]>();
afterAll(async () => {
  const rows = [...counted].map(([what, commands]) => [what, commands.length, summed(commands)]);
  await figuresOfTest(
    'docs/performance.md',
    'test/orchestrator/commands',
    table(['what', 'commands', 'which'], rows),
  );
});

test.each([
  ['a run', (key: string) => ({ idempotencyKey: key })],
  ['a tick', (key: string) => ({ command: 'tick', scheduledTime: key, symbols: ['AMZN'] })],
])('%s that executes three steps sends five commands to the store once warm', async (_, event) => {
  const orchestrator = new Tally('orbits-trader-orchestrator');
  const all = new Tally();
  const app = await startTestApp({
    onCommand: (event) => {
      orchestrator.take(event);
      all.take(event);
    },
  });
  try {
    answerOf(await app.invoke(app.orchestrator, event('2026-01-05T14:30:00Z')));
    orchestrator.commands.length = all.commands.length = 0;
    const report = answerOf<{ runs: { state: string; steps: unknown[] }[] }>(
      await app.invoke(app.orchestrator, event('2026-01-05T14:35:00Z')),
    );
    expect(report.runs).toMatchObject([{ state: 'SUCCESS' }]);
    expect(report.runs[0]!.steps).toHaveLength(3);
  } finally {
    await app.close();
  }
  counted.set('a run of three steps, whose tick finds nothing else', orchestrator.commands);
  counted.set('the same with the ledger of its order', all.commands);
  expect(orchestrator.commands).toEqual(['findAndModify', 'find', 'update', 'update', 'update']);
  expect(all.commands.length).toBeLessThanOrEqual(10);
});

test('a run that is resumed has its whole history with the claim', async () => {
  const tally = new Tally('orbits-trader-orchestrator');
  const app = await startTestApp({
    onCommand: tally.take,
    overrides: { [ORCHESTRATOR]: { APPROVE_ABOVE: '0' } },
  });
  try {
    const { runs } = answerOf<{ runs: { id: string; steps: unknown[] }[] }>(
      await app.invoke(app.orchestrator, { idempotencyKey: 'waits' }),
    );
    const { id } = runs[0]!;
    tally.commands.length = 0;
    const event = { command: 'resume', id };
    const report = answerOf<{ runs: { state: string; steps: unknown[] }[] }>(
      await app.invoke(app.orchestrator, event),
    );
    expect(report.runs).toMatchObject([{ state: 'IN_PROGRESS', steps: [{}, {}] }]);
  } finally {
    await app.close();
  }
  counted.set('a run that waits, asked for once more', tally.commands);
  // The run that was asked for; the claim; the run suspended again.
  expect(tally.commands).toEqual(['find', 'findAndModify', 'update']);
});

describe("Orbits' own step engine", () => {
  class Step extends Action {
    static override permanentRef = 'step';

    override main() {
      this.setResult({ done: true });
      return ActionState.SUCCESS;
    }
  }

  class ThreeSteps extends Workflow {
    static override permanentRef = 'three-steps';

    override define() {
      this.next(() => new Step())
        .next(() => new Step())
        .next(() => new Step());
    }
  }

  test('needs several times as many for the same work', async () => {
    const folder = temporaryFolder();
    const tally = new Tally();
    const store = await startStore({ dataDir: folder.path, replicaSet: 'rs0', onCommand: tally.take });
    const app = new ActionApp({ workers: { quantity: 0 }, db: { mongo: { url: `${store.uri}` } } });
    app.logger.silent = true;
    app.declare = [Step, ThreeSteps];
    try {
      await app.bootstrap();
      const workflow = new ThreeSteps();
      await workflow.save();
      tally.commands.length = 0;
      await settled(workflow);
      expect(workflow.dbDoc.state).toBe(ActionState.SUCCESS);
    } finally {
      await app.db.mongo!.conn!.close();
      await store.close();
      folder.remove();
    }
    counted.set("three steps by Orbits' own engine", tally.commands);
    expect(tally.commands.length).toBeGreaterThan(30);
  });

  /** Orbits resumes a workflow's children without awaiting them, so it is resumed until it has ended. */
  async function settled(workflow: ThreeSteps): Promise<void> {
    for (let round = 0; round < 50 && workflow.dbDoc.state < ActionState.SUCCESS; round++) {
      await workflow.resume();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await workflow.resyncWithDb();
    }
  }
});
