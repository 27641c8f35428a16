import { isDocument, toNumber, truthy, type Doc } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';

/** What a fail point does to one command. */
export interface Fault {
  blockMs?: number;
  closeConnection?: boolean;
  error?: ServerError;
  /** The command is executed, and this is added to its reply. */
  writeConcernError?: Doc;
}

interface FailPoint {
  left: number;
  skip: number;
  chance: number;
  data: Doc;
  timesEntered: number;
}

const ALWAYS_SERVED = ['configureFailPoint', 'hello', 'isMaster', 'ismaster'];

/** `failCommand`, as the server's test builds have it. */
export class FailPoints {
  private point: FailPoint | undefined;

  configure(body: Doc): Doc {
    if (body.configureFailPoint !== 'failCommand') {
      refuse(249, `Could not find fail point with name: ${String(body.configureFailPoint)}`);
    }
    const timesEntered = this.point?.timesEntered ?? 0;
    const { mode } = body;
    if (mode === 'off') this.point = undefined;
    else this.point = { ...parseMode(mode), data: isDocument(body.data) ? body.data : {}, timesEntered: 0 };
    return { count: timesEntered };
  }

  /** The fault for this command; undefined when the command is executed normally. */
  take(command: string, appName: string | undefined): Fault | undefined {
    const { point } = this;
    if (!point || !concerns(point.data, command, appName)) return undefined;
    if (point.skip > 0) {
      point.skip--;
      return undefined;
    }
    if (Math.random() >= point.chance) return undefined;
    point.timesEntered++;
    if (--point.left <= 0) this.point = { ...point, left: 0, data: { failCommands: [] } };
    return faultOf(point.data, command);
  }
}

function parseMode(mode: unknown): { left: number; skip: number; chance: number } {
  const always = { left: Infinity, skip: 0, chance: 1 };
  if (mode === 'alwaysOn') return always;
  if (isDocument(mode)) {
    const times = toNumber(mode.times);
    if (times !== undefined) return { ...always, left: times };
    const skip = toNumber(mode.skip);
    if (skip !== undefined) return { ...always, skip };
    const chance = toNumber(mode.activationProbability);
    if (chance !== undefined) return { ...always, chance };
  }
  refuse('BadValue', `unknown mode of a fail point: ${JSON.stringify(mode)}`);
}

function concerns(data: Doc, command: string, appName: string | undefined): boolean {
  if (data.appName !== undefined && data.appName !== appName) return false;
  const commands = Array.isArray(data.failCommands) ? (data.failCommands as unknown[]) : [];
  if (commands.includes(command)) return true;
  return truthy(data.failInternalCommands) && !ALWAYS_SERVED.includes(command);
}

function faultOf(data: Doc, command: string): Fault {
  const fault: Fault = {};
  if (truthy(data.blockConnection)) fault.blockMs = toNumber(data.blockTimeMS) ?? 0;
  if (truthy(data.closeConnection)) fault.closeConnection = true;
  if (isDocument(data.writeConcernError)) fault.writeConcernError = data.writeConcernError;
  const code = toNumber(data.errorCode);
  if (code !== undefined) {
    const labels = Array.isArray(data.errorLabels) ? { errorLabels: data.errorLabels as unknown[] } : {};
    fault.error = new ServerError(code, `Failing command via 'failCommand' failpoint: ${command}`, labels);
  }
  return fault;
}
