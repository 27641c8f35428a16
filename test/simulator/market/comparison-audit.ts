import type { AdjustmentDocument } from '../../../functions/contracts/ledger.ts';
import type { Book } from '../../../functions/ledger/book.ts';
import type { Money } from '../../../functions/shared/money.ts';
import { demand } from './rules.ts';

/** What comparisons of the ledger with the broker may find, and must. */
export class ComparisonAudit {
  /** Symbols that a person has traded by hand at the broker. */
  readonly meddled = new Set<string>();
  readonly #adjusted = new Set<string>();

  recorded({ _id: symbol, difference }: Book): void {
    const what = JSON.stringify(difference!.found);
    demand(this.meddled.has(symbol), 'comparison', `${symbol} does not differ: ${what}`);
  }

  adjusted({ symbol }: AdjustmentDocument): void {
    demand(!this.#adjusted.has(symbol), 'comparison', `${symbol} was adjusted twice`);
    this.#adjusted.add(symbol);
  }

  /** What was traded by hand is on record as a difference, and stops its symbol. */
  differs(book: Book | undefined, answer: string | undefined): void {
    demand(book?.difference !== undefined, 'comparison', `${book?._id} differs, unseen`);
    demand(answer === 'reconciliation', 'comparison', `${book._id} differs, and an order was ${answer}`);
  }

  /** What differed is accepted. */
  agrees({ _id: symbol, position, difference }: Book, held: Money): void {
    const inBook = String(position.qty);
    demand(difference === undefined, 'comparison', `${symbol} was accepted, and is stopped`);
    demand(held.eq(inBook), 'comparison', `${symbol} was accepted with ${inBook} of ${held.toFixed()}`);
    demand(this.#adjusted.has(symbol), 'comparison', `what was accepted of ${symbol} is not on record`);
  }
}
