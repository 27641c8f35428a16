import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { configuration, problemsOf } from './config.ts';
import { ConfigError } from './config-error.ts';
import { defaultOf, notesOf } from './key.ts';
import { quoted } from './quoted.ts';

const STACK = 'OrbitsTrader';

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
  /** Undefined if `stage` is not set. */
  stage: string | undefined;
  stackName: string;
  /** The keys of the configuration, without `stage` and `stages`. */
  context: Record<string, unknown>;
  /** Keys whose value is not in cdk.json: the next deployment does not have it. */
  passing: string[];
}

type Keys = Record<string, unknown>;

const declared = Object.entries(configuration.shape);
const REPLACES = Object.fromEntries(declared.map(([name, schema]) => [name, notesOf(schema).replaces ?? []]));

/**
 * The deployment that the context asks for. The command line wins over the stage, which wins over what all stages share.
 *
 * @param all the CDK context, in which cdk.json and the command line are one
 * @param file the context of cdk.json, without the command line
 * @throws ConfigError if the stage is not one of `stages`, if another stage has a key that is not valid, or if two
 *   deployments share a database or a broker's account
 */
export function chooseDeployment(all: Keys, file = cdkJsonContext()): Deployment {
  const { stage, stages: given, ...shared } = all;
  const stages = parseStages(given);
  const changed = Object.keys(shared).filter(
    (name) => !Object.hasOwn(file, name) || !isDeepStrictEqual(shared[name], file[name]),
  );
  const names = Object.keys(stages);
  if (stage !== undefined && (typeof stage !== 'string' || !names.includes(stage))) {
    const expected =
      names.length === 0 ? 'a stage of "stages" in cdk.json, which has none' : `one of ${names.join(', ')}`;
    throw new ConfigError([`stage is ${quoted(stage)}, expected ${expected}`]);
  }
  const others = names.filter((name) => name !== stage);
  refuseWrongKeys(others, stages);

  const inFile = layered(without(shared, changed), stage === undefined ? {} : stages[stage]!);
  const own = layered(inFile, Object.fromEntries(changed.map((name) => [name, shared[name]])));
  const context = stage === undefined ? own : withDefaults(own, stage);
  // With a stage in cdk.json, nothing is deployed without one.
  const unstaged = stage === undefined || file['stage'] !== undefined ? [] : [undefined];
  for (const other of [...others, ...unstaged]) {
    const theirs = layered(without(file, ['stage', 'stages']), other === undefined ? {} : stages[other]!);
    refuseSharing(
      { stage, keys: withDefaults(own, stage) },
      { stage: other, keys: withDefaults(theirs, other) },
    );
  }
  return {
    stage,
    stackName: stage === undefined ? STACK : `${STACK}-${stage}`,
    context,
    passing: changed.filter((name) => shared[name] !== undefined),
  };
}

const without = (keys: Keys, names: string[]): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([name]) => !names.includes(name)));

/** Each layer wins over those before it, and takes out of them what would win over one of its keys. */
function layered(...layers: Keys[]): Keys {
  return layers.reduce((below, layer) => {
    const set = Object.keys(layer).filter((name) => layer[name] !== undefined);
    return {
      ...without(
        below,
        set.flatMap((name) => REPLACES[name] ?? []),
      ),
      ...layer,
    };
  }, {});
}

/** Adds the names that two deployments must not share, unless the configuration has its own. */
function withDefaults(keys: Keys, stage: string | undefined): Keys {
  const defaults = declared.flatMap(([name, schema]) => {
    const { inStage, replaces = [] } = notesOf(schema);
    const isSet = [name, ...replaces].some((each) => keys[each] !== undefined);
    if (!inStage || isSet) return [];
    return [[name, stage === undefined ? defaultOf(schema) : inStage(stage)]];
  });
  return { ...keys, ...(Object.fromEntries(defaults) as Keys) };
}

function parseStages(given: unknown = {}): Record<string, Keys> {
  const stages = settings.safeParse(given).data;
  if (!stages) throw new ConfigError(['stages is not an object, expected {"dev": {...}, "prod": {...}}']);
  const problems = Object.entries(stages).flatMap(([name, value]) => {
    if (!stageName.safeParse(name).success) return [`stages has ${quoted(name)}, expected ${NAME}`];
    const keys = settings.safeParse(value).data;
    if (!keys) return [`stages.${name} is not an object, expected keys of the configuration`];
    const nested = ['stage', 'stages'].filter((each) => Object.hasOwn(keys, each));
    return nested.map((each) => `stages.${name} has ${each}, expected keys of the configuration`);
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return stages as Record<string, Keys>;
}

/** The chosen stage is checked with all its layers; in another one, a wrong key would wait for its deployment. */
function refuseWrongKeys(others: string[], stages: Record<string, Keys>): void {
  const problems = others.flatMap((name) =>
    problemsOf(stages[name]!).map((problem) => `in the stage ${name}, ${problem}`),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

interface Candidate {
  stage: string | undefined;
  keys: Keys;
}

/** Two deployments in one database would have one history and one ledger; in one broker's account, one position. */
function refuseSharing(one: Candidate, other: Candidate): void {
  const isSame = (place: (keys: Keys) => unknown) => place(one.keys) === place(other.keys);
  const bothTrade = [one, other].every(({ keys }) => keys['market'] === 'alpaca');
  const shared =
    isSame(databaseOf) && isSame(secretOf) && isSame(hostOf)
      ? 'databaseName'
      : bothTrade && isSame((keys) => keys['alpacaSecretName'])
        ? 'alpacaSecretName'
        : undefined;
  if (shared === undefined) return;
  const [first, second] = [one, other].map(({ stage }) => stage);
  const places =
    first !== undefined && second !== undefined
      ? `in the stages ${first} and ${second}`
      : `in the stage ${first ?? second} and without a stage`;
  throw new ConfigError([`${shared} is ${quoted(one.keys[shared])} ${places}, expected one each`]);
}

/** MongoDB refuses two databases whose names differ only in case. */
const databaseOf = ({ databaseName }: Keys) => lowerCase(databaseName);
const hostOf = ({ mongodbIamHost }: Keys) => lowerCase(mongodbIamHost);
const lowerCase = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);

/** The ARN of a secret has its name in it. */
const secretOf = ({ mongodbSecretName, mongodbSecretArn }: Keys) =>
  typeof mongodbSecretArn === 'string'
    ? /:secret:(.*)-\w{6}$/.exec(mongodbSecretArn)?.[1]
    : mongodbSecretName;

/** The context in the project's cdk.json. */
export function cdkJsonContext(): Keys {
  const path = fileURLToPath(new URL('../../cdk.json', import.meta.url));
  return z.object({ context: settings }).parse(JSON.parse(readFileSync(path, 'utf8'))).context;
}
