import * as z from 'zod';
import { finding, type Finding } from '../../../functions/contracts/check-account.ts';
import { parseSchedule } from '../../schedule/expression.ts';
import { nextTick } from '../../schedule/next-tick.ts';
import { columns } from '../table.ts';
import type { Target } from '../target.ts';
import type { ScheduleSettings } from './configured.ts';

const answer = z.object({ findings: z.array(finding) });

/** What the orchestrator finds; that it can't be asked is a finding too. */
export async function diagnosed(target: Promise<Target>): Promise<Finding[]> {
  try {
    return answer.parse(JSON.parse(await (await target).send({ command: 'diagnose' }))).findings;
  } catch (error) {
    const { name, message } = error as Error;
    return [{ about: 'orchestrator', ok: false, says: `can't be asked: ${name}: ${message}` }];
  }
}

/** When the schedules fire next. */
export function ofSchedule(schedules: ScheduleSettings[], now: Date): Finding {
  const about = 'schedule';
  const enabled = schedules.filter((each) => each.enabled);
  const [first] = enabled;
  if (!first) return { about, ok: false, says: 'does not fire; set scheduleEnabled=true and deploy' };
  const next = enabled
    .map(({ expression, timeZone }) => nextTick(parseSchedule(expression), timeZone, now))
    .filter((time) => time !== undefined)
    .sort((one, other) => one.getTime() - other.getTime())[0];
  if (!next) return { about, ok: false, says: 'never fires again; change `schedule` and deploy' };
  return {
    about,
    ok: true,
    says: `the next tick is at ${next.toISOString()}, in the time zone ${first.timeZone}`,
  };
}

export const findingLines = (findings: Finding[]): string[] =>
  columns(
    [],
    findings.map(({ about, ok, says }) => [ok ? 'ok' : 'WRONG', about, says]),
  );
