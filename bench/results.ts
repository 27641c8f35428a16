import { cpus, totalmem } from 'node:os';
import type { Contender } from './contender.ts';
import type { ColdStart } from './figures/cold-start.ts';
import { costPerMillionRuns, stepFunctionsPerMillionRuns } from './figures/cost.ts';
import type { StoreFigures } from './store/measure.ts';
import { prices } from './prices.ts';
import { quantile, rounded, spread } from './support/statistics.ts';

const median = (values: number[]) => rounded(quantile(values, 0.5));
const orNull = <T>(values: unknown[], figure: () => T): T | null => (values.length === 0 ? null : figure());

/** One contestant's figures, by the names under which they are quoted. */
function figuresOf(contender: Contender, coldStarts: ColdStart[], driver: ColdStart[], memoryMb: number) {
  const { about, backend, gaps, wholes, runsPerSecond, peakMemoryMb, growth, commandsPerRun, resumeMs } =
    contender;
  const { sentBytesPerStep, writtenBytesPerStep } = contender;
  const first = growth[0];
  const last = growth[growth.length - 1];
  const cold = (of: (start: ColdStart) => number) =>
    orNull(coldStarts, () => rounded(quantile(coldStarts.map(of), 0.5) / quantile(driver.map(of), 0.5)));
  const runMs = wholes.length === 0 ? null : quantile(wholes, 0.5);
  const cost =
    about.missing.cost || runMs === null
      ? null
      : costPerMillionRuns(about, { runMs, memoryMb, commands: commandsPerRun ?? 0 });
  return {
    title: about.title,
    package: about.package,
    backend: backend.title,
    commandsPerRun,
    sentBytesPerStep,
    writtenBytesPerStep,
    stepOverheadMs: orNull(gaps, () => ({ p50: median(gaps), p99: rounded(quantile(gaps, 0.99)) })),
    runOverheadMs: orNull(wholes, () => ({ p50: median(wholes), p99: rounded(quantile(wholes, 0.99)) })),
    runsPerSecond: orNull(runsPerSecond, () => median(runsPerSecond)),
    runsPerSecondSpread: orNull(runsPerSecond, () => spread(runsPerSecond)),
    peakMemoryMb: orNull(peakMemoryMb, () => rounded(Math.max(...peakMemoryMb))),
    growthRatio: first && last && last !== first ? rounded(last.ms / first.ms) : null,
    growthMs: orNull(growth, () =>
      Object.fromEntries(growth.map(({ finished, ms }) => [finished, rounded(ms)])),
    ),
    resumeMs:
      resumeMs &&
      Object.fromEntries(Object.entries(resumeMs).map(([steps, ms]) => [steps, ms && rounded(ms)])),
    coldStartRatio: cold(({ firstStepMs }) => firstStepMs),
    coldLoadRatio: cold(({ loadMs }) => loadMs),
    coldMemoryRatio: cold((start) => start.peakMemoryMb),
    coldStartMs: orNull(coldStarts, () => spread(coldStarts.map(({ firstStepMs }) => firstStepMs))),
    costPerMillionRuns: cost,
  };
}

/** The figures, and for each that is `null` the reason. A round that failed when others did not is no reason. */
export function resultOf(...of: Parameters<typeof figuresOf>) {
  const figures = figuresOf(...of);
  const [{ reasons: known }] = of;
  const reasons: Record<string, string> = {};
  for (const [figure, value] of Object.entries(figures)) {
    const isQuoted =
      !/Spread$|^(writtenBytesPerStep|runOverheadMs|growthMs|cold(Load|Memory)Ratio|coldStartMs)$/.test(
        figure,
      );
    const isPartly = typeof value === 'object' && value !== null && Object.values(value).includes(null);
    if ((value === null && isQuoted) || isPartly)
      reasons[figure] = known[figure] ?? known['race'] ?? 'not measured';
  }
  return { ...figures, reasons };
}

export type Result = ReturnType<typeof resultOf>;

export interface Results {
  mode: 'quick' | 'full';
  date: string;
  machine: string;
  /** What the figures were taken with. */
  plan: object;
  contestants: Record<string, Result>;
  references: object;
  store: StoreFigures | null;
  storeReason?: string;
}

export function references(driver: ColdStart[]) {
  return {
    prices,
    stepFunctionsPerMillionRuns: stepFunctionsPerMillionRuns(),
    driverColdStartMs: orNull(driver, () => spread(driver.map(({ firstStepMs }) => firstStepMs))),
  };
}

export function machine(): string {
  const { model } = cpus()[0]!;
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} x ${model}, ${memory} GB, ${process.platform}, Node ${process.version}`;
}
