import type { Display } from './display.ts';
import { Ledger } from './ledger.ts';
import { LiveRuns } from './live-state.ts';
import { liveView, positionLine } from './live-view.ts';
import type { LocalApp } from './local-app.ts';

const REPAINT_MS = 1_000;

/** Shows a local run that is up: in a terminal a view that stays, otherwise one line for each position after each tick. */
export class Live {
  nextTick: Date | undefined;
  readonly #display: Display;
  readonly #ledger: Ledger;
  readonly #runs = new LiveRuns();
  readonly #timer: NodeJS.Timeout;
  #refreshing: Promise<void> | undefined;
  #isStale = false;

  constructor({ mongodbUri, databaseName }: LocalApp, display: Display) {
    this.#display = display;
    this.#ledger = new Ledger(mongodbUri, databaseName);
    display.onLine((line) => {
      this.#runs.take(line);
      // A run that is approved from another terminal trades between two ticks.
      if (line.message === 'run ended') void this.refresh();
      this.#paint();
    });
    this.#timer = setInterval(() => this.#paint(), REPAINT_MS);
  }

  /** Reads the ledger. If that fails, the old positions stay; the next refresh may succeed. */
  refresh(): Promise<void> {
    // A refresh in progress may miss a trade that was made after it began.
    this.#isStale = true;
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = undefined;
      this.#paint();
    });
    return this.#refreshing;
  }

  async #read(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#ledger.refresh();
      }
    } catch (error) {
      this.#display.print(`The ledger could not be read: ${(error as Error).message}`);
    }
  }

  printPositions(): void {
    if (this.#display.isTerminal) return;
    for (const position of this.#ledger.positions.values()) {
      this.#display.print(positionLine(position, this.#runs.prices.get(position.symbol)));
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing;
    this.#display.setFooter([]);
    await this.#ledger.close();
  }

  #paint(): void {
    const { running, runs, prices } = this.#runs;
    const positions = [...this.#ledger.positions.values()];
    const state = { nextTick: this.nextTick, running, runs, prices, positions };
    const { columns = 80, rows = 24 } = process.stdout;
    this.#display.setFooter(liveView(state, new Date(), { columns, rows }));
  }
}
