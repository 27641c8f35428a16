import type { Collection } from 'mongodb';
import { ACCOUNT, type AccountDocument, type BookDocument, type Halt } from '../contracts/ledger.ts';
import { isDuplicateKey } from './trades.ts';

/**
 * Halts trading. A halt that is there already stays as it is. Each book has it too, so that an order that was judged
 * before it is judged again.
 *
 * @returns the halt that stands
 */
export async function halt(account: Collection<AccountDocument>, halted: Halt): Promise<Halt> {
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
  await booksNextTo(account).updateMany(isBook, { $set: { halted: stands }, $inc: { version: 1 } });
  return stands;
}

export async function unhalt(account: Collection<AccountDocument>): Promise<void> {
  await account.updateOne({ _id: ACCOUNT }, { $unset: { halted: '' } });
  await booksNextTo(account).updateMany(isBook, { $unset: { halted: '' }, $inc: { version: 1 } });
}

const isBook = { _id: { $ne: ACCOUNT } };

/** They are in the same collection. */
const booksNextTo = (account: Collection<AccountDocument>) => account as unknown as Collection<BookDocument>;
