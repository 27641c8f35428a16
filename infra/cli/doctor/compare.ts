import * as z from 'zod';
import type { FunctionSettings, ScheduleSettings } from './configured.ts';

/** A setting that is deployed with another value than is configured here. */
export interface Difference {
  /** A function's name in the project, or a schedule. */
  where: string;
  setting: string;
  deployed: string;
  configured: string;
}

const NOT_SET = 'not set';
const NOT_SHOWN = '(not shown)';
/** Variables that name a secret; a person may have set them to the secret itself. */
const NAMES_A_SECRET = /SECRET|PASSWORD|TOKEN|KEY/i;

/**
 * How a deployed function differs from what is configured.
 *
 * The deployed value of a variable is not shown if the stack does not set it, or if it names a secret: it may be one.
 */
export function differencesOfFunction(
  where: string,
  deployed: {
    environment: Record<string, string>;
    timeoutSeconds: number;
    memoryMb: number;
    runtime: string;
  },
  configured: FunctionSettings,
): Difference[] {
  const plain = (['timeoutSeconds', 'memoryMb', 'runtime'] as const).map((setting) => ({
    where,
    setting,
    deployed: String(deployed[setting]),
    configured: String(configured[setting]),
  }));
  const names = [...new Set([...Object.keys(deployed.environment), ...Object.keys(configured.environment)])];
  const variables = names.sort().flatMap((name) => {
    const isConfigured = Object.hasOwn(configured.environment, name);
    const isDeployed = Object.hasOwn(deployed.environment, name);
    const here = configured.environment[name];
    const there = isDeployed ? deployed.environment[name]! : undefined;
    if (!isConfigured) return [{ where, setting: name, deployed: NOT_SHOWN, configured: NOT_SET }];
    // A value that only a deployment knows can't be compared.
    if (here === undefined) {
      return there === undefined
        ? [{ where, setting: name, deployed: NOT_SET, configured: '(set by a deployment)' }]
        : [];
    }
    if (there !== undefined && there !== here && NAMES_A_SECRET.test(name)) {
      return [{ where, setting: name, deployed: NOT_SHOWN, configured: here }];
    }
    return membersOf(where, name, there, here);
  });
  return [...plain.filter((each) => each.deployed !== each.configured), ...variables];
}

/** How deployed schedules differ from those that are configured; their expressions and events say which is which. */
export function differencesOfSchedules(
  deployed: ScheduleSettings[],
  configured: ScheduleSettings[],
): Difference[] {
  if (deployed.length !== configured.length) {
    const counts = { deployed: String(deployed.length), configured: String(configured.length) };
    return [{ where: 'schedules', setting: 'number', ...counts }];
  }
  const inOrder = configured.toSorted((a, b) => shardOf(a) - shardOf(b));
  const deployedAs = counterparts(inOrder, deployed);
  return inOrder.flatMap((here, index) => {
    const where = configured.length === 1 ? 'schedule' : `schedule ${index}`;
    const found = deployedAs[index]!;
    const plain = (['expression', 'timeZone', 'enabled'] as const).map((setting) => ({
      where,
      setting,
      deployed: String(found[setting]),
      configured: String(here[setting]),
    }));
    return [
      ...plain.filter((each) => each.deployed !== each.configured),
      ...membersOf(where, 'event', found.input, here.input),
    ];
  });
}

/** For each schedule another one: that of the same shard and expression, or else one of the same shard, or any. */
function counterparts(of: ScheduleSettings[], among: ScheduleSettings[]): ScheduleSettings[] {
  const left = new Set(among);
  const take = (isIt: (each: ScheduleSettings) => boolean) => {
    const found = [...left].find(isIt);
    if (found) left.delete(found);
    return found;
  };
  const same = of.map((here) =>
    take((each) => shardOf(each) === shardOf(here) && each.expression === here.expression),
  );
  return of.map(
    (here, index) => same[index] ?? take((each) => shardOf(each) === shardOf(here)) ?? take(() => true)!,
  );
}

const object = z.record(z.string(), z.unknown());
const list = z.array(z.string());

function shardOf({ input }: ScheduleSettings): number {
  const shard = z.object({ shard: z.object({ index: z.number() }) }).safeParse(parsed(input)).data;
  return shard?.shard.index ?? 0;
}

/** JSON objects are compared member by member; of two lists, only what is not in both is shown. */
function membersOf(
  where: string,
  setting: string,
  deployed: string | undefined,
  configured: string,
): Difference[] {
  if (deployed === configured) return [];
  const [there, here] = [object.safeParse(parsed(deployed)).data, object.safeParse(parsed(configured)).data];
  if (!there || !here) {
    const shown = deployed === undefined ? NOT_SET : deployed;
    return [{ where, setting, deployed: shown, configured }];
  }
  const names = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  return names.flatMap((name) => {
    const values = [there, here].map((value) => (Object.hasOwn(value, name) ? value[name] : undefined));
    if (JSON.stringify(values[0]) === JSON.stringify(values[1])) return [];
    const [ofThere, ofHere] = values.map((value) => list.safeParse(value).data);
    const inWords =
      ofThere && ofHere
        ? { deployed: without(ofThere, ofHere), configured: without(ofHere, ofThere) }
        : { deployed: shownMember(values[0]), configured: shownMember(values[1]) };
    return [{ where, setting: `${setting}.${name}`, ...inWords }];
  });
}

function without(all: string[], others: string[]): string {
  const known = new Set(others);
  const alone = all.filter((each) => !known.has(each));
  return alone.length > 0 ? `${alone.join(',')} and the rest` : 'the rest';
}

const shownMember = (value: unknown) => (value === undefined ? NOT_SET : JSON.stringify(value));

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
