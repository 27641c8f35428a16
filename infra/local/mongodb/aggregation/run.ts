import { Context } from 'mingo';
import { Aggregator } from 'mingo/aggregator';
import * as pipeline from 'mingo/operators/pipeline';
import type { Options } from 'mingo/types';
import { fromComputed, toComputable, type Doc } from '../bson/values.ts';
import { asServerErrors, mingoSettings } from '../query/compile.ts';
import { stageCorrections } from './stages.ts';

// Earlier registrations win, so the corrections come first.
const context = Context.from(mingoSettings.context)
  .addPipelineOps(stageCorrections(pipeline))
  .addPipelineOps(pipeline);

/** Runs stages on JavaScript numbers. `readCollection` gives the documents of a collection by its name. */
export function computeStages(
  stages: Doc[],
  input: Doc[],
  variables?: Doc,
  readCollection?: (name: string) => Doc[],
): Doc[] {
  const settings: Partial<Options> = {
    ...mingoSettings,
    context,
    ...(variables && { variables: toComputable(variables) as Doc }),
    collectionResolver: readCollection && ((name) => toComputable(readCollection(name)) as Doc[]),
  };
  return asServerErrors(() => {
    const run = new Aggregator(toComputable(stages) as Doc[], settings);
    return fromComputed(run.run(toComputable(input) as Doc[])) as Doc[];
  });
}
