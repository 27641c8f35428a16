import { styleText } from 'node:util';
import { closedInWords, countsInWords, outcomeInWords } from '../outcome.ts';
import { parseLogLine, type LogLine } from './log-line.ts';
import type { Report, RunReport } from './report.ts';

export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
}

type Started = Extract<LogLine, { message: 'step started' }>;
type Ended = Extract<LogLine, { message: 'step ended' }>;

/** As wide as the longest ref of the trading workflow. */
const REF_WIDTH = 23;
/** A tick shows the steps of so many runs. Of more runs, it shows how many have ended and which did not succeed. */
const MOST_SHOWN = 20;
const ENDED_A_LINE = 100;
const CLEAR_LINE = '\r\x1b[2K';

/** Shows runs while they happen. In a terminal, the line of a running step is replaced by its outcome. */
export class Display {
  readonly #screen: Screen;
  readonly #isTerminal: boolean;
  readonly #arguments = new Map<string, unknown>();
  /** The runs of the current tick, and those of them whose steps are shown. */
  readonly #worked = new Set<string>();
  readonly #shown = new Set<string>();
  readonly #ended = new Set<string>();
  #onLine: ((line: LogLine) => void) | undefined;
  #footer: string[] = [];
  #transient = false;

  /** @param where options with which `npm run trader` finds the run, each after a blank */
  constructor(
    screen: Screen,
    readonly where = '',
  ) {
    this.#screen = screen;
    this.#isTerminal = screen.isTTY === true;
  }

  /** Takes one line of the orchestrator's log. False if the line is not about a run. */
  takeLog(text: string): boolean {
    const line = parseLogLine(text);
    if (!line) return false;
    this.#onLine?.(line);
    if (line.message === 'run started' || line.message === 'run resumed') this.#runBegun(line);
    else if (line.message === 'run ended' || line.message === 'run suspended') this.#runEnded(line.run);
    else if (this.#shown.has(line.run)) this.#showStep(line);
    return true;
  }

  print(line: string): void {
    this.#clear();
    this.#screen.write(`${line}\n`);
    this.#drawFooter();
  }

  /** Starts a tick: the counts begin at zero. */
  startTick(line: string | undefined): void {
    this.#worked.clear();
    this.#shown.clear();
    this.#ended.clear();
    if (line !== undefined) this.print(line);
  }

  /** Whether lines can be replaced. */
  get isTerminal(): boolean {
    return this.#isTerminal;
  }

  /** Removes the line that the terminal began at Enter, so that the footer is drawn where it was. */
  takeBackLine(): void {
    if (this.#isTerminal && this.#footer.length > 0) this.#screen.write('\x1b[1A');
  }

  /** Calls the listener with each line of the log about a run. */
  onLine(listener: (line: LogLine) => void): void {
    this.#onLine = listener;
  }

  /** In a terminal, lines that stay below all others. They are drawn again only if they have changed. */
  setFooter(lines: string[]): void {
    if (!this.#isTerminal || lines.join('\n') === this.#footer.join('\n')) return;
    this.#clear();
    this.#footer = lines;
    this.#drawFooter();
  }

  #drawFooter(): void {
    if (this.#footer.length > 0) this.#screen.write(`${this.#footer.join('\n')}\n`);
  }

  /** Shows the outcome of each run in one line; of many runs, only of those that did not succeed. */
  showReport({ closedUntil, runs, omitted, counts }: Report): void {
    const isLong = runs.length + omitted > MOST_SHOWN;
    for (const run of isLong ? runs.filter(({ state }) => state !== 'SUCCESS') : runs) this.#showRun(run);
    if (closedUntil !== null) this.print(closedInWords(closedUntil));
    else if (runs.length === 0) this.print('There was nothing to do.');
    if (runs.length > 1) this.print(countsInWords(runs.length + omitted, counts));
    if (isLong) this.print(`Each run: npm run trader -- list${this.where}`);
  }

  #showRun(run: RunReport): void {
    const known = run.endedAt !== null && !this.#worked.has(run.id);
    if (known)
      this.print(`${this.#style('bold', run.symbol)} run ${run.id} already ended, with the same key`);
    this.print(`${this.#style('bold', run.symbol)} ${this.#outcome(run)}`);
    if (run.waits.some(({ ref }) => ref === 'approval'))
      this.print(`  to answer: npm run trader -- approve ${run.id}${this.where}, or reject`);
  }

  #runBegun({ run, key, message }: LogLine): void {
    this.#worked.add(run);
    if (this.#shown.size < MOST_SHOWN) this.#shown.add(run);
    if (this.#shown.has(run)) this.print(`${message} ${this.#style('dim', `${run} ${key}`)}`);
    else if (this.#worked.size === MOST_SHOWN + 1) this.print('more runs follow; their steps are not shown');
  }

  #runEnded(run: string): void {
    if (this.#ended.has(run)) return;
    this.#ended.add(run);
    if (this.#ended.size % ENDED_A_LINE === 0) this.print(`${this.#ended.size} runs ended or suspended`);
  }

  #showStep(line: Started | Ended): void {
    if (line.message === 'step started') this.#stepStarted(line);
    else this.#stepEnded(line);
  }

  #stepStarted({ run, step, argument }: Started): void {
    this.#arguments.set(`${run}/${step}`, argument);
    if (!this.#isTerminal || this.#footer.length > 0) return;
    this.#clear();
    this.#screen.write(`  … ${step.padEnd(REF_WIDTH)} running`);
    this.#transient = true;
  }

  #stepEnded({ run, step, action, attempts, durationMs, state, result, error }: Ended): void {
    const mark = state === 'SUCCESS' ? this.#style('green', '✔') : this.#style('red', '✘');
    const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
    const came = error ? `${error.name}: ${error.message}` : brief(unwrapped(result));
    const took = `${durationMs} ms`.padStart(8);
    this.print(`  ${mark} ${step.padEnd(REF_WIDTH)} ${state}${tries} ${took}`);
    this.print(`      ${this.#style('dim', `${action}(${brief(this.#arguments.get(`${run}/${step}`))})`)}`);
    this.print(`      → ${came}`);
  }

  #outcome({ state, result, error, waits, startedAt, endedAt }: RunReport): string {
    if (waits.length > 0)
      return `is IN_PROGRESS: ${waits.map(({ reason, due }) => `${reason}, until ${due}`).join('; ')}`;
    if (state === 'IN_PROGRESS') return 'is IN_PROGRESS; the next tick resumes it';
    const took = endedAt === null ? 0 : Date.parse(endedAt) - Date.parse(startedAt);
    if (error) return `${this.#style('red', 'ERROR')} after ${took} ms: ${error.name}: ${error.message}`;
    if (!result) return `${this.#style('green', 'SUCCESS')} in ${took} ms: no trade`;
    const traded = 'id' in result ? ` (trade ${result.id}, ${result.timestamp})` : '';
    return `${this.#style('green', 'SUCCESS')} in ${took} ms: ${outcomeInWords(result)}${traded}`;
  }

  #clear(): void {
    if (this.#footer.length > 0) this.#screen.write(`\x1b[${this.#footer.length}A\r\x1b[J`);
    if (this.#transient) this.#screen.write(CLEAR_LINE);
    this.#transient = false;
  }

  #style(format: 'bold' | 'dim' | 'green' | 'red', text: string): string {
    return this.#isTerminal ? styleText(format, text, { validateStream: false }) : text;
  }
}

/** A value in one line, without the punctuation of JSON. */
function brief(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.length > 3 ? `${value.length} values` : value.map(brief).join(' ');
  return Object.entries(value)
    .map(([key, member]) => (isRecord(member) ? `${key}: ${brief(member)}` : `${key} ${String(member)}`))
    .join(', ');
}

/** The result of most actions has one member, which holds what the function returned. */
function unwrapped(result: unknown): unknown {
  const members = isRecord(result) ? Object.values(result as object) : [];
  return members.length === 1 ? members[0] : result;
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
