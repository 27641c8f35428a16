import type { Result, Results } from './results.ts';
import { text } from './support/statistics.ts';

const FIGURES: [string, (result: Result) => unknown][] = [
  ['Commands to the store per run', (r) => r.commandsPerRun],
  ['Step overhead, ms, p50 / p99', (r) => pair(r.stepOverheadMs)],
  ['Run overhead, ms, p50 / p99', (r) => pair(r.runOverheadMs)],
  ['Runs a second, one tick, one process', (r) => r.runsPerSecondSpread && text(r.runsPerSecondSpread)],
  ['Peak memory, MB', (r) => r.peakMemoryMb],
  [
    'Bytes sent to the store, by the steps of a run, per step',
    (r) => r.sentBytesPerStep && list(r.sentBytesPerStep),
  ],
  ['Bytes written to the disk, the same', (r) => r.writtenBytesPerStep && list(r.writtenBytesPerStep)],
  ['Growth, last to first', (r) => r.growthRatio],
  ['Resume, ms, by recorded steps', (r) => r.resumeMs && list(r.resumeMs)],
  ['Cold start to first step, to driver alone', (r) => r.coldStartRatio],
  ['Cold load, to driver alone', (r) => r.coldLoadRatio],
  ['Cold peak memory, to driver alone', (r) => r.coldMemoryRatio],
  ['Dollars per million runs', (r) => r.costPerMillionRuns],
];

const pair = (value: { p50: number; p99: number } | null) => value && `${value.p50} / ${value.p99}`;
const list = (value: Record<string, number | null>) =>
  Object.entries(value)
    .map(([key, figure]) => `${key}: ${figure ?? '–'}`)
    .join(', ');

function table(head: string[], rows: unknown[][]): string {
  const line = (cells: unknown[]) => `| ${cells.map((cell) => String(cell ?? '–')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The results for people: one table, the ratios, and why something is missing. */
export function toMarkdown({
  mode,
  date,
  machine,
  plan,
  contestants,
  references,
  store,
  storeReason,
}: Results): string {
  const all = Object.values(contestants);
  const [ours, ...others] = all as [Result, ...Result[]];
  const ratio = (of: (result: Result) => number | null | undefined, other: Result) => {
    const [a, b] = [of(ours), of(other)];
    return a && b ? Number((a / b).toPrecision(3)) : null;
  };
  const reasons = all.flatMap(({ title, reasons }) =>
    Object.entries(reasons).map(([figure, reason]) => `- ${title}, ${figure}: ${reason}.`),
  );
  return `# Results

\`npm run bench${mode === 'quick' ? ' -- --quick' : ''}\`, ${date}, on ${machine}. Medians, with the least and the
greatest of the rounds; – is not measured, for the reasons below.

${table(
  ['', ...all.map(({ title }) => title)],
  FIGURES.map(([name, of]) => [name, ...all.map(of)]),
)}

${table(['Kept in', ...all.map(({ backend }) => backend)], [['Package', ...all.map((result) => result.package)]])}

## Orbits Trader to each of the others, in this run

${table(
  ['', ...others.map(({ title }) => title)],
  [
    ['Runs a second', ...others.map((other) => ratio((r) => r.runsPerSecond, other))],
    ['Step overhead, p50', ...others.map((other) => ratio((r) => r.stepOverheadMs?.p50, other))],
    ['Run overhead, p50', ...others.map((other) => ratio((r) => r.runOverheadMs?.p50, other))],
    ['Commands per run', ...others.map((other) => ratio((r) => r.commandsPerRun, other))],
    ['Dollars', ...others.map((other) => ratio((r) => r.costPerMillionRuns, other))],
  ],
)}

## The embedded store

${store ? storeTable(store) : `Not measured: ${storeReason}`}

## Not measured

${reasons.join('\n')}

## With what

\`\`\`json
${JSON.stringify({ plan, references }, undefined, 2)}
\`\`\`
`;
}

function storeTable({ points, openDocuments, openMs }: NonNullable<Results['store']>): string {
  const rows = points.map((point) => [
    `${point.operation}, ${point.connections} connection${point.connections === 1 ? '' : 's'}`,
    text(point.store),
    text(point.constantServer),
    text(point.rawLmdb),
    text(point.ofConstant),
  ]);
  return `Operations a second.

${table(['', 'Store', 'Constant server', 'lmdb alone', 'Store to constant server'], rows)}

Opening a folder with ${openDocuments} documents: ${text(openMs)} ms.`;
}
