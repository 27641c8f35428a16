import { Context } from 'mingo';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import * as queries from 'mingo/operators/query';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import type { Doc } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import { accumulatorCorrections, expressionCorrections } from '../expressions/accumulators.ts';
import { moreExpressions } from '../expressions/corrections.ts';
import { checkFilter } from './filter.ts';
import { corrections } from './operators.ts';

// Earlier registrations win, so the corrections come first.
const context = Context.init()
  .addQueryOps(corrections(queries.$expr))
  .addAccumulatorOps(accumulatorCorrections)
  .addExpressionOps(expressionCorrections)
  .addExpressionOps(moreExpressions(expressions))
  .addAccumulatorOps(accumulators)
  .addExpressionOps(expressions)
  .addQueryOps(queries);

// Scripts ($where, $function) stay off: they would run in this process.
export const mingoSettings = { context, scriptEnabled: false };

/**
 * mingo copies all of its operator tables for each new query, which costs more than a point query, unless it is
 * given options that it has made itself. Only operators see those, so an operator reads them.
 */
const prepared = prepareOptions();

function prepareOptions(): Options {
  let seen: Options | undefined;
  const $prepare = (_path: string, _value: unknown, options: Options) => {
    seen = options;
    return () => true;
  };
  const asking = Context.from(context).addQueryOps({ $prepare });
  const query = new Query({ any: { $prepare: 1 } }, { ...mingoSettings, context: asking });
  query.test({});
  return seen!;
}

/** mingo's options. Spread `mingoSettings` instead of these: their values are getters. */
export function mingoOptions(variables?: Doc): Options {
  return variables ? ({ ...mingoSettings, variables } as unknown as Options) : prepared;
}

export type Matcher = (doc: Doc) => boolean;

/** Compiles a filter to a test of typed documents. Throws the server's errors for a wrong filter. */
export function compileFilter(filter: Doc, variables?: Doc): Matcher {
  const checked = checkFilter(filter);
  if (Object.keys(checked).length === 0) return () => true;
  return asServerErrors(() => {
    const query = new Query(checked, mingoOptions(variables));
    return (doc) => asServerErrors(() => query.test(doc));
  });
}

/** Turns the plain errors that mingo throws into errors of the server. */
export function asServerErrors<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ServerError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const stage = /unregistered pipeline operator (\$?\w+)/.exec(message)?.[1];
    if (stage) refuse(40324, `Unrecognized pipeline stage name: '${stage}'`);
    const operator = /accumulator '(\$?\w+)' is not registered/.exec(message)?.[1];
    if (operator) refuse('InvalidPipelineOperator', `Unrecognized expression '${operator}'`);
    const query = /unknown query operator (\$?\w+)/.exec(message)?.[1];
    if (query) refuse('BadValue', `unknown operator: ${query}`);
    const variable = /Use of undefined variable: (\w+)/.exec(message)?.[1];
    if (variable) refuse(17276, message);
    refuse('BadValue', message.replace(/^mingo: /, ''));
  }
}
