import { styleText } from 'node:util';
import { closedInWords, countsInWords, outcomeInWords } from '../../outcome.ts';
import { isAsking, parseAnswer, type Run } from './answer.ts';
import { flattenedTable, haltLine, leftBehindLines, positionTable, tradeTable } from './ledger-tables.ts';
import { reconciliationLines } from './reconciliation.ts';
import { tickTable } from './tick-table.ts';
import { fit, printable } from '../../local/text.ts';

export interface Screen {
  columns: number;
  isTerminal: boolean;
  /** Options with which another command finds the same orchestrator, each after a blank. */
  where: string;
}

const NOT_TRADED = 'Ticks do not trade this list, because the stack has its own: configure watchlist=store.';

/** An answer as text. */
export function render(payload: string, screen: Screen): string {
  const answer = parseAnswer(payload);
  const { outcome, run: one, runs, counts, omitted, halted, positions, trades, watchlist, cursor } = answer;
  const lines: string[] = [];
  if (outcome !== undefined) lines.push(printable(outcome));
  if (one) lines.push(...timeline(one, screen), ...howToAnswer([one], screen));
  if (answer.closedUntil) lines.push(closedInWords(answer.closedUntil));
  if (runs) lines.push(...(runs.length > 0 ? table(runs, screen) : ['no runs']));
  if (runs && counts && runs.length > 1) lines.push(countsInWords(runs.length + omitted, counts));
  if (runs) lines.push(...howToAnswer(runs, screen));
  if (halted !== undefined) lines.push(haltLine(halted));
  lines.push(...reconciliationLines(answer, screen.where));
  if (positions) lines.push(...positionTable(positions));
  if (trades) lines.push(...tradeTable(trades));
  if (answer.flattened) lines.push(...flattenedTable(answer.flattened));
  if (answer.ticks) lines.push(...tickTable(answer.ticks));
  if (watchlist) lines.push(...watchlist.map(printable), ...(answer.isTraded ? [] : [NOT_TRADED]));
  lines.push(...leftBehindLines(answer.leftBehind, screen));
  if (cursor) lines.push(`more: --cursor ${cursor}`);
  return `${lines.join('\n')}\n`;
}

/** The command that approves a run that waits for it. */
function howToAnswer(runs: Run[], { where }: Screen): string[] {
  const [first, ...others] = runs.filter(isAsking);
  if (!first) return [];
  const id = others.length > 0 ? 'ID' : first.id;
  return [`answer: npm run trader -- approve ${id}${where}, or reject`];
}

const COLOURS = { SUCCESS: 'green', ERROR: 'red', IN_PROGRESS: 'yellow' } as const;

function coloured(state: Run['state'], text: string, { isTerminal }: Screen): string {
  return isTerminal ? styleText(COLOURS[state], text, { validateStream: false }) : text;
}

function table(runs: Run[], screen: Screen): string[] {
  const header = `${'ID'.padEnd(24)}  ${'SYMBOL'.padEnd(10)}  ${'STATE'.padEnd(11)}  ${'STARTED'.padEnd(20)}  `;
  const lines = runs.map((each) => {
    const started = each.startedAt.replace(/\.\d+Z$/, 'Z');
    const state = coloured(each.state, each.state.padEnd(11), screen);
    const room = Math.max(10, screen.columns - header.length);
    const outcome = fit(outcomeOf(each), room);
    return `${each.id}  ${each.symbol.padEnd(10)}  ${state}  ${started.padEnd(20)}  ${outcome}`;
  });
  return [`${header}OUTCOME`, ...lines];
}

const BAR = 24;
const REF = 24;

/** The steps of a run, each with a bar that shows when it was done. */
function timeline(one: Run, screen: Screen): string[] {
  const start = Date.parse(one.startedAt);
  const last = one.steps.map(({ endedAt }) => Date.parse(endedAt));
  const end = Math.max(start + 1, ...last, one.endedAt === null ? 0 : Date.parse(one.endedAt));
  const column = (time: string) => Math.floor(((Date.parse(time) - start) / (end - start)) * (BAR - 1));
  const lines = one.steps.map(({ ref, state, attempts, startedAt, endedAt, result }) => {
    const from = Math.min(BAR - 1, Math.max(0, column(startedAt)));
    const bar = `${' '.repeat(from)}${'█'.repeat(Math.max(1, column(endedAt) - from + 1))}`.slice(0, BAR);
    const took = `${Date.parse(endedAt) - Date.parse(startedAt)} ms`;
    const tries = attempts > 1 ? ` ${attempts} attempts` : '';
    const left = `  ${fit(ref, REF).padEnd(REF)} ${coloured(state, bar.padEnd(BAR), screen)} ${took.padStart(9)}${tries}  `;
    const room = Math.max(10, screen.columns - 2 - REF - 1 - BAR - 1 - 9 - tries.length - 2);
    return `${left}${fit(brief(result), room)}`;
  });
  const waits = one.waits.map(({ ref, reason, due, attempts, error }) => {
    const failed = attempts > 0 ? `, after ${attempts} attempts: ${error?.name}: ${error?.message}` : '';
    const left = `  ${fit(ref, REF).padEnd(REF)} ${coloured('IN_PROGRESS', '…'.padEnd(BAR), screen)} `;
    return `${left}${fit(`${reason}, until ${due}${failed}`, Math.max(10, screen.columns - REF - BAR - 4))}`;
  });
  const key = fit(one.key, Math.max(10, screen.columns - 38));
  return [
    `${one.id} ${key} ${coloured(one.state, one.state, screen)}`,
    ...lines,
    ...waits,
    `  ${outcomeOf(one)}`,
  ];
}

function outcomeOf({ state, result, error, waits }: Run): string {
  if (error) return printable(`${error.name}: ${error.message}`);
  if (state === 'IN_PROGRESS') return waits[0]?.reason ?? 'in progress';
  const words = outcomeInWords(result);
  return words === undefined ? brief(result) : printable(words);
}

/** A value in one line, without control characters, which could move the cursor. */
function brief(value: unknown): string {
  if (typeof value !== 'object' || value === null) return printable(String(value));
  return Object.entries(value)
    .map(([key, member]) =>
      Array.isArray(member)
        ? printable(`${key}: ${member.length} values`)
        : typeof member === 'object'
          ? brief(member)
          : printable(`${key} ${String(member)}`),
    )
    .join(', ');
}
