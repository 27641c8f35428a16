import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { ConfigError } from './config.ts';
import { quoted } from './quoted.ts';

const STACK = 'OrbitsTrader';
const CDK_JSON = fileURLToPath(new URL('../../cdk.json', import.meta.url));

/** Lambda's names have 64 characters; the longest here is "OrbitsTrader-", the stage, "-generate-buy-sell-recommendation". */
export const LONGEST_STAGE = 18;

const NAME = `1 to ${LONGEST_STAGE} lower-case letters, digits and single "-", the first a letter`;
const stageName = z
  .string()
  .max(LONGEST_STAGE)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
const settings = z.record(z.string(), z.unknown());

/** One deployment of the app. */
export interface Deployment {
  /** Undefined where `stage` is not set: the deployment that needs no stages. */
  stage: string | undefined;
  stackName: string;
  /** The keys of the configuration, without `stage` and `stages`. */
  context: Record<string, unknown>;
  /** Keys whose value is not in cdk.json, so the next deployment does not have it. */
  passing: string[];
}

/**
 * The deployment that the context asks for. What the command line says wins over the stage, which wins over what all
 * stages share.
 *
 * @param all the CDK context, in which cdk.json and the command line are one
 * @param file the context of cdk.json alone
 * Throws `ConfigError` where the stage is not one of `stages`, or shares its database with another one.
 */
export function chooseDeployment(all: Record<string, unknown>, file = cdkJsonContext()): Deployment {
  const { stage, stages: given, ...shared } = all;
  const stages = parseStages(given);
  const passing = Object.keys(shared).filter(
    (key) => !Object.hasOwn(file, key) || !isDeepStrictEqual(shared[key], file[key]),
  );
  const said = { passing: passing.filter((key) => shared[key] !== undefined) };
  const commandLine = Object.fromEntries(passing.map((key) => [key, shared[key]]));
  if (stage === undefined) {
    return { stage, stackName: STACK, context: layered(without(shared, passing), commandLine), ...said };
  }

  const names = Object.keys(stages);
  if (typeof stage !== 'string' || !names.includes(stage)) {
    const expected =
      names.length === 0 ? 'a stage of "stages" in cdk.json, which has none' : `one of ${names.join(', ')}`;
    throw new ConfigError([`stage is ${quoted(stage)}, expected ${expected}`]);
  }
  const others = names.filter((name) => name !== stage);
  const fileOf = (name: string) => withDefaults(name, layered(file, stages[name] ?? {}));
  const own = withDefaults(stage, layered(without(shared, passing), stages[stage] ?? {}, commandLine));
  refuseSharedDatabase(own, Object.fromEntries(others.map((name) => [name, fileOf(name)])), stage);
  return { stage, stackName: `${STACK}-${stage}`, context: own, ...said };
}

/** What a key, said in one layer, takes out of those below, for there it would win over the key. */
const REPLACES: Record<string, string[]> = {
  symbols: ['symbol', 'symbolsFile', 'watchlist'],
  symbolsFile: ['symbol', 'watchlist'],
  mongodbSecretName: ['mongodbSecretArn', 'mongodbIamHost'],
  mongodbSecretArn: ['mongodbSecretName', 'mongodbIamHost'],
  mongodbIamHost: ['mongodbSecretName', 'mongodbSecretArn'],
};

type Keys = Record<string, unknown>;

const without = (keys: Keys, names: string[]): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([key]) => !names.includes(key)));

/** Each layer wins over those before it. */
function layered(...layers: Keys[]): Keys {
  return layers.reduce((below, layer) => {
    const replaced = Object.keys(layer).flatMap((key) =>
      layer[key] === undefined ? [] : (REPLACES[key] ?? []),
    );
    return { ...without(below, replaced), ...layer };
  }, {});
}

/** Names of its own where the configuration has none, for what would collide between two stages. */
function withDefaults(stage: string, keys: Record<string, unknown>): Record<string, unknown> {
  const { mongodbSecretName, mongodbSecretArn, mongodbIamHost } = keys;
  const isNamed = [mongodbSecretName, mongodbSecretArn, mongodbIamHost].some((way) => way !== undefined);
  return {
    databaseName: `orbits-trader-${stage}`,
    alpacaSecretName: `orbits-trader/${stage}/alpaca`,
    ...(!isNamed && { mongodbSecretName: `orbits-trader/${stage}/mongodb` }),
    ...keys,
  };
}

function parseStages(given: unknown = {}): Record<string, Record<string, unknown>> {
  const stages = settings.safeParse(given).data;
  if (!stages) throw new ConfigError(['stages is no object, expected {"dev": {...}, "prod": {...}}']);
  const problems = Object.entries(stages).flatMap(([name, value]) => {
    if (!stageName.safeParse(name).success) return [`stages has ${quoted(name)}, expected ${NAME}`];
    const keys = settings.safeParse(value).data;
    if (!keys) return [`stages.${name} is no object, expected keys of the configuration`];
    const nested = ['stage', 'stages'].filter((key) => Object.hasOwn(keys, key));
    return nested.map((key) => `stages.${name} has ${key}, expected keys of the configuration`);
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return stages as Record<string, Record<string, unknown>>;
}

/** Runs and trades of two stages in one database would be one history, and one position. */
function refuseSharedDatabase(
  own: Record<string, unknown>,
  others: Record<string, Record<string, unknown>>,
  stage: string,
): void {
  const keys = ['databaseName', 'secret', 'mongodbIamHost'];
  const same = Object.entries(others).find(([, other]) =>
    keys.every((key) => placeOf(own, key) === placeOf(other, key)),
  );
  if (!same) return;
  const name = quoted(own['databaseName']);
  throw new ConfigError([`databaseName is ${name} in the stages ${stage} and ${same[0]}, expected one each`]);
}

/** A secret's ARN has its name in it; MongoDB takes no two databases whose names differ in case alone. */
function placeOf(keys: Record<string, unknown>, key: string): unknown {
  const { mongodbSecretName: name, mongodbSecretArn: arn } = keys;
  if (key === 'secret') return typeof arn === 'string' ? /:secret:(.*)-\w{6}$/.exec(arn)?.[1] : name;
  return typeof keys[key] === 'string' ? keys[key].toLowerCase() : keys[key];
}

/** The context in the project's cdk.json. */
export function cdkJsonContext(): Record<string, unknown> {
  return z.object({ context: settings }).parse(JSON.parse(readFileSync(CDK_JSON, 'utf8'))).context;
}
