import { identity } from '../load/outcome';
import type { BankTransfer } from './payout-audit';

interface BankBook {
  readonly transfers: readonly { readonly key: string; readonly merchantId: string; readonly amount: number; readonly currency: string }[];
}

/** The part of a transfer's key that is not the key of its payout. */
const PREFIX = 'payout:';

/**
 * Reads the book of the pretend bank: every transfer that it has carried out.
 *
 * @throws Error when it does not answer with its book
 */
export async function bankTransfers(url: string): Promise<BankTransfer[]> {
  const response = await fetch(new URL('/transfers', url));
  if (!response.ok) {
    throw new Error(`the bank answered ${response.status} when asked for its transfers`);
  }
  const { transfers } = await response.json() as BankBook;
  return transfers.map(({ key, merchantId, amount, currency }) => {
    if (!key.startsWith(PREFIX)) {
      throw new Error(`the bank names a transfer whose key does not begin with ${PREFIX}`);
    }
    return { identity: identity(merchantId, key.slice(PREFIX.length)), merchantId, amount, currency };
  });
}
