import { randomUUID } from 'node:crypto';
import { MongoClient, ObjectId, type Document } from 'mongodb';
import postgres from 'postgres';
import type { Engine } from '../contestants/contestant.ts';
import { quantile } from '../support/statistics.ts';

/** Milliseconds of a tick, the median of a few. */
export async function growth(engine: Engine, { symbols, ticks }: { symbols: number; ticks: number }) {
  const times: number[] = [];
  for (let tick = 0; tick <= ticks; tick++) {
    const began = performance.now();
    await engine.tick(Array.from({ length: symbols }, () => randomUUID()));
    if (tick > 0) times.push(performance.now() - began);
  }
  return { ms: quantile(times, 0.5) };
}

/** Puts copies of a finished run into a store that holds one, each with ids of its own, as many as asked for. */
export function copyRuns(uri: string, contestant: string, copies: number): Promise<void> {
  return uri.startsWith('mongodb') ? copyDocuments(uri, copies) : copyRows(uri, contestant, copies);
}

const DOCUMENTS_AT_ONCE = 1000;

/** Orbits' own `ActionState.SUCCESS`: its package would count as memory of each contestant. */
const SUCCESS = 4;

/** A run of Orbits Trader is one document. Orbits' own engine has one more for each step, with the id of its run. */
async function copyDocuments(uri: string, copies: number): Promise<void> {
  const client = await new MongoClient(uri).connect();
  const actions = client.db('bench').collection('actions');
  const run = await actions.findOne({ actionRef: 'bench-steps', state: SUCCESS });
  if (!run) throw new Error('there is no finished run to copy');
  const steps = await actions.find({ workflowId: run._id.toHexString() }).toArray();
  const filter = run['filter'] as Document;
  let batch: Document[] = [];
  for (let copy = 1; copy <= copies; copy++) {
    const _id = new ObjectId();
    batch.push({ ...run, _id, filter: { ...filter, key: randomUUID() } });
    for (const step of steps) batch.push({ ...step, _id: new ObjectId(), workflowId: _id.toHexString() });
    if (batch.length < DOCUMENTS_AT_ONCE && copy < copies) continue;
    await actions.insertMany(batch);
    batch = [];
  }
  await client.close();
}

/** The tables of a run, each with the columns that have to differ between copies. */
const TABLES: Record<string, Record<string, string[]>> = {
  openworkflow: {
    'openworkflow.workflow_runs': ['id'],
    'openworkflow.step_attempts': ['workflow_run_id', 'id'],
  },
  dbos: { 'dbos.workflow_status': ['workflow_uuid'], 'dbos.operation_outputs': ['workflow_uuid'] },
};

async function copyRows(uri: string, contestant: string, copies: number): Promise<void> {
  const sql = postgres(uri, { max: 1, onnotice: () => undefined });
  const tables = Object.entries(TABLES[contestant]!);
  const [runs, [runColumn]] = tables[0] as [string, [string]];
  const [first] = await sql<{ id: string }[]>`
    select ${sql(runColumn)} as id from ${sql(runs)} limit 1`;
  const series = randomUUID();
  for (const [table, columns] of tables) {
    const renamed = columns.map((column) => `'${column}', t.${column} || '/${series}/' || g`).join(', ');
    await sql.unsafe(
      `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object(${renamed}))).*
       from ${table} t, generate_series(1, ${copies}) g where t.${columns[0]} = $1`,
      [first!.id],
    );
  }
  await sql.end();
}
