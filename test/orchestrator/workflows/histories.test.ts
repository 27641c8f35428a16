import { Types } from 'mongoose';
import { ActionState } from '@wbce/orbits-core';
import { connectedApp } from '../../../orchestrator/durable/app.ts';
import { systemClock } from '../../../orchestrator/durable/clock.ts';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runStoreOf } from '../../../orchestrator/durable/collections.ts';
import { Journal } from '../../../orchestrator/durable/journal.ts';
import type { RunDocument } from '../../../orchestrator/durable/run-document.ts';
import { noTimeLimit } from '../../../orchestrator/durable/suspension.ts';
import { registry } from '../../../orchestrator/registry.ts';
import { TradingWorkflow } from '../../../orchestrator/workflows/trading.ts';
import { keepHistory, readHistories, toRecorded, type History } from '../../support/history.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../../support/local-app.ts';
import { timesThat } from '../../support/scheduled-times.ts';
import type { Report } from '../../../orchestrator/protocol/report.ts';

let local: Awaited<ReturnType<typeof startTestApp>>;
let app: Awaited<ReturnType<typeof connectedApp>>;
beforeAll(async () => {
  local = await startTestApp();
  const options = { declare: registry, uri: local.mongodbUri, database: local.database, historyDays: 30 };
  app = await connectedApp(() => Promise.resolve(options));
});
afterAll(async () => {
  await app.db.mongo!.conn!.close();
  await local.close();
});

/** Runs the deployed bundle, and answers what it recorded. */
async function record(type: 'buy' | 'sell'): Promise<History> {
  const scheduledTime = timesThat(type).next().value as string;
  const report = answerOf<Report>(await local.invoke(ORCHESTRATOR, { command: 'tick', scheduledTime }));
  const { id, result } = report.runs[0]!;
  const document = await backendOf(app).runs.findOne({ _id: new Types.ObjectId(id) });
  const steps = await runStoreOf(backendOf(app), systemClock).history(document!);
  return {
    workflow: TradingWorkflow.permanentRef,
    version: TradingWorkflow.version,
    run: id,
    argument: document!.argument,
    result,
    steps: steps.map((step) => ({
      ...step,
      id: step.id.toHexString(),
      startedAt: step.startedAt.toISOString(),
      endedAt: step.endedAt.toISOString(),
    })),
  };
}

// A new version's are written by RECORD_HISTORIES=1 npm test -- histories, to be committed with it.
test.each(['buy', 'sell'] as const)('the current version has its history of a %s kept', async (type) => {
  const history = await record(type);
  keepHistory(`${history.workflow}-${history.version}-${type}`, history);
  expect(readHistories().map(([name]) => name)).toContain(
    `${history.workflow}-${history.version}-${type}.json`,
  );
});

/** Where a version fails here, its code has changed: undo the change, or make it a new version. */
test.each(readHistories())('%s is replayed to its result, and nothing is executed', async (_, history) => {
  const workflow = new TradingWorkflow().ofVersion(history.version);
  workflow.dbDoc._id = new Types.ObjectId(history.run);
  workflow.setArgument(history.argument);
  const document = { _id: workflow._id, bag: { recorded: history.steps.length } } as RunDocument;
  const executed: unknown[] = [];
  const { state, result } = await workflow.advance({
    history: toRecorded(history),
    spare: [],
    journal: new Journal(document, runStoreOf(backendOf(app), systemClock), systemClock),
    observer: { stepStarted: (step) => void executed.push(step) },
    time: noTimeLimit,
    clock: systemClock,
  });
  expect({ state, result }).toEqual({ state: ActionState.SUCCESS, result: history.result });
  expect(executed).toEqual([]);
});
