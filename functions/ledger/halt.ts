import type { Collection } from 'mongodb';
import { ACCOUNT, type AccountDocument, type BookDocument, type Halt } from '../contracts/ledger.ts';
import { isDuplicateKey } from './trades.ts';

/** The account, and the books next to it: the same collection. */
interface Halted<Book extends BookDocument> {
  account: Collection<AccountDocument>;
  books: Collection<Book>;
}

/**
 * Halts trading. A halt that is there already stays as it is. Each book has it too, so that an order that was judged
 * before it is judged again.
 *
 * @returns the halt that stands
 */
export async function halt<Book extends BookDocument>(
  { account, books }: Halted<Book>,
  halted: Halt,
): Promise<Halt> {
  try {
    await account.updateOne(
      { _id: ACCOUNT, halted: { $exists: false } },
      { $set: { halted } },
      { upsert: true },
    );
  } catch (error) {
    // The document exists and is halted: the filter does not match it, so the upsert inserts it again.
    if (!isDuplicateKey(error)) throw error;
  }
  const { halted: stands = halted } = (await account.findOne({ _id: ACCOUNT })) ?? {};
  await ofBooks(books).updateMany(isBook, { $set: { halted: stands }, $inc: { version: 1 } });
  return stands;
}

export async function unhalt<Book extends BookDocument>({ account, books }: Halted<Book>): Promise<void> {
  await account.updateOne({ _id: ACCOUNT }, { $unset: { halted: '' } });
  await ofBooks(books).updateMany(isBook, { $unset: { halted: '' }, $inc: { version: 1 } });
}

const isBook = { _id: { $ne: ACCOUNT } };

const ofBooks = <Book extends BookDocument>(books: Collection<Book>) =>
  books as unknown as Collection<BookDocument>;
