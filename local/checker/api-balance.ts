import { setTimeout as timerSleep } from 'node:timers/promises';
import type { ApiClient } from '../load/api-client';
import type { CheckedBalance } from './audit';

/** How often the API is asked for one balance, and the pause between. */
const ATTEMPTS = 10;
const PAUSE_MILLISECONDS = 500;

/**
 * Asks the API for a balance. A task that was just started again, or that is busy, is asked once more a moment later.
 *
 * @returns in minor units.
 * @throws Error when it keeps answering anything but 200.
 */
export async function askForBalance(
  api: Pick<ApiClient, 'get'>, merchantId: string, currency: string, sleep: (milliseconds: number) => Promise<unknown> = timerSleep,
): Promise<CheckedBalance> {
  for (let attempt = 1; ; attempt++) {
    const { status, body } = await api.get(`/merchants/${encodeURIComponent(merchantId)}/balance?currency=${currency}`);
    if (status === 200) {
      return readBalance(body);
    }
    const mayAnswerLater = status === 0 || status === 429 || status >= 500;
    if (!mayAnswerLater || attempt === ATTEMPTS) {
      throw new Error(`the API answered ${status} when asked for a balance: ${body}`);
    }
    await sleep(PAUSE_MILLISECONDS);
  }
}

/** Reads `{"available":…,"held":…}` exactly: the sums may be larger than a JSON number of JavaScript. */
export function readBalance(body: string): CheckedBalance {
  const number = (name: string): bigint => {
    const digits = new RegExp(`"${name}"\\s*:\\s*(-?\\d+)\\s*[,}]`).exec(body)?.[1];
    if (digits === undefined) {
      throw new Error(`the API answered a balance without ${name}: ${body}`);
    }
    return BigInt(digits);
  };
  return { available: number('available'), held: number('held') };
}
