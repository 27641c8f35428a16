import type { Call, Command } from './command.ts';
import { collectionName, documentField, listField } from './command.ts';
import { batchSizeOf } from './read.ts';
import { runPipeline } from '../pipeline.ts';
import { ServerError } from '../errors.ts';
import { sessionOf } from '../sessions.ts';
import { encode, isDocument, numberOption } from '../values.ts';
import type { Doc } from '../values.ts';

export const aggregate: Command = async (call) => {
  const { body, store } = call;
  const pipeline = listField(body, 'pipeline', 'aggregate');
  const cursor = documentField(body, 'cursor', 'aggregate');
  if (!cursor && body.explain === undefined) {
    throw new ServerError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  const batchSize = batchSizeOf(cursor?.batchSize);
  const documents = await runPipeline(store, target(call), pipeline, {
    variables: documentField(body, 'let', 'aggregate'),
    hint: body.hint,
    maxTimeMS: numberOption(body.maxTimeMS, 'maxTimeMS'),
  });
  function* encoded() {
    for (const document of documents) yield document instanceof Uint8Array ? document : encode(document);
  }
  const name = body.aggregate === undefined || !isName(body.aggregate) ? '$cmd.aggregate' : body.aggregate;
  return store.cursors.start(`${call.database}.${name}`, encoded(), { batchSize, session: sessionOf(body) });
};

function isName(value: unknown): value is string {
  return typeof value === 'string';
}

function target(call: Call): { database: string; name?: string } {
  if (typeof call.body.aggregate === 'string') return { database: call.database, name: collectionName(call) };
  const first = (call.body.pipeline as Doc[])[0];
  if (!isDocument(first) || !('$documents' in first)) {
    throw new ServerError(
      'InvalidNamespace',
      `{aggregate: 1} is not valid for '${Object.keys(first ?? {})[0] ?? ''}'; a collection is required.`,
    );
  }
  return { database: call.database };
}
