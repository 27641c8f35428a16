import * as z from 'zod';
import type { FunctionSettings, ScheduleSettings } from './doctor-configured.ts';

/** A setting that is deployed otherwise than it is configured here. */
export interface Difference {
  /** A function's name in the project, or a schedule. */
  where: string;
  setting: string;
  deployed: string;
  configured: string;
}

const NOT_SET = 'not set';
const NOT_SHOWN = '(not shown)';
/** A name in place of which somebody may have put the secret itself. */
const NAMES_A_SECRET = /SECRET|PASSWORD|TOKEN|KEY/i;

/**
 * How a deployed function differs from what is configured.
 *
 * Of a variable that the stack does not set, and of one that names a secret, the deployed value is not shown: nobody
 * knows what it holds.
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
    // What only a deployment knows is compared by whether it is there.
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

/** How deployed schedules differ from those that are configured; they are told apart by their events. */
export function differencesOfSchedules(
  deployed: ScheduleSettings[],
  configured: ScheduleSettings[],
): Difference[] {
  if (deployed.length !== configured.length) {
    const counts = { deployed: String(deployed.length), configured: String(configured.length) };
    return [{ where: 'schedules', setting: 'how many', ...counts }];
  }
  const inOrder = (of: ScheduleSettings[]) => of.toSorted((a, b) => shardOf(a) - shardOf(b));
  const there = inOrder(deployed);
  return inOrder(configured).flatMap((here, index) => {
    const where = configured.length === 1 ? 'schedule' : `schedule ${index}`;
    const found = there[index]!;
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

const object = z.record(z.string(), z.unknown());
const list = z.array(z.string());

function shardOf({ input }: ScheduleSettings): number {
  const shard = z.object({ shard: z.object({ index: z.number() }) }).safeParse(parsed(input)).data;
  return shard?.shard.index ?? 0;
}

/** A value that is a JSON object is compared member by member, and a list by what is in one of the two alone. */
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
  return alone.length > 0 ? `${alone.join(',')} beside the rest` : 'the rest';
}

const shownMember = (value: unknown) => (value === undefined ? NOT_SET : JSON.stringify(value));

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
