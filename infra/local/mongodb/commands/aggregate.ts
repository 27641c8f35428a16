import { runStages, splitOutput } from '../aggregation/pipeline.ts';
import { documentField, listField, numberOption } from '../bson/shapes.ts';
import { encode, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { collectionName, type Call, type Command } from './call.ts';
import { writeOutput } from './pipeline-output.ts';
import { batchSizeOf } from './read.ts';
import { sessionOf } from './sessions.ts';

export const aggregate: Command = async (call) => {
  const { body, database, store } = call;
  const pipeline = listField(body, 'pipeline', 'aggregate');
  const cursor = documentField(body, 'cursor', 'aggregate');
  if (!cursor && body.explain === undefined) {
    const message = "The 'cursor' option is required, except for aggregate with the explain argument";
    refuse('FailedToParse', message);
  }
  const batchSize = batchSizeOf(cursor?.batchSize);
  const name = sourceName(call);
  const { stages, output } = splitOutput(pipeline);
  const source = {
    catalog: store.catalog,
    host: `127.0.0.1:${store.port}`,
    database,
    name,
    variables: documentField(body, 'let', 'aggregate'),
    hint: body.hint,
    maxTimeMS: numberOption(body.maxTimeMS, 'maxTimeMS'),
  };
  const results = runStages(source, stages);
  function* encoded(): Generator<Uint8Array, undefined> {
    for (const { doc, bytes } of results) yield bytes ?? encode(doc);
  }
  if (output)
    await writeOutput(
      store.catalog,
      database,
      output,
      [...results].map(({ doc }) => doc),
    );
  const documents = output ? [].values() : encoded();
  const options = { batchSize, session: sessionOf(body) };
  return store.cursors.start(`${database}.${name ?? '$cmd.aggregate'}`, documents, options);
};

/** The collection that is read; undefined for a pipeline that begins with `$documents`. */
function sourceName(call: Call): string | undefined {
  if (typeof call.body.aggregate === 'string') return collectionName(call);
  const [first = ''] = Object.keys((call.body.pipeline as Doc[])[0] ?? {});
  if (first === '$documents') return undefined;
  refuse('InvalidNamespace', `{aggregate: 1} is not valid for '${first}'; a collection is required.`);
}
