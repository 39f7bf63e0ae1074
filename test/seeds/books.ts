import { type ClientEntry, isClientMovement } from './client-entry';

/** One body that clients sent under a key. */
export interface SentBody {
  readonly entry: ClientEntry;
  /** Times that it was answered 202. */
  acknowledged: number;
}

/** What clients know of one identity. */
export interface KeyPage {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  /** By fingerprint. */
  readonly bodies: Map<string, SentBody>;
  /** A body was answered 409: another one of this key must have been accepted, whether its client has heard of it or not. */
  conflicted: boolean;
}

/** What the clients sent and were told: all that the books know. No counter of a handler is in them. */
export class Books {
  readonly pages = new Map<string, KeyPage>();
  /** Bytes of unreadable records that the stream took, in base64. */
  readonly unreadable: string[] = [];
  /** Answers that contradict what clients know. */
  readonly contradictions: string[] = [];
  acknowledgements = 0;

  sent(entry: ClientEntry): void {
    const id = identity(entry.merchantId, entry.idempotencyKey);
    let page = this.pages.get(id);
    if (page === undefined) {
      page = { merchantId: entry.merchantId, idempotencyKey: entry.idempotencyKey, bodies: new Map(), conflicted: false };
      this.pages.set(id, page);
    }
    const print = fingerprint(entry);
    if (!page.bodies.has(print)) {
      page.bodies.set(print, { entry, acknowledged: 0 });
    }
  }

  answered(entry: ClientEntry, status: number): void {
    const page = this.pages.get(identity(entry.merchantId, entry.idempotencyKey)) as KeyPage;
    const body = page.bodies.get(fingerprint(entry)) as SentBody;
    if (status === 202) {
      body.acknowledged += 1;
      this.acknowledgements += 1;
    } else if (status === 409) {
      page.conflicted = true;
      if (page.bodies.size === 1) {
        this.contradictions.push(`${entry.idempotencyKey} was refused as another payment, and no other was sent under its key`);
      }
    } else if (status !== 503 && status !== 429) {
      this.contradictions.push(`${entry.idempotencyKey} was answered ${status}`);
    }
  }

  /** Pages of which at least one body was answered 202. */
  acknowledged(): KeyPage[] {
    return [...this.pages.values()].filter(({ bodies }) => [...bodies.values()].some(({ acknowledged }) => acknowledged > 0));
  }
}

/** One text for merchant and key. */
export function identity(merchantId: string, idempotencyKey: string): string {
  return `${merchantId}\0${idempotencyKey}`;
}

/** Everything of a body that counts. */
export function fingerprint(entry: ClientEntry): string {
  const { amount, currency, type } = entry;
  return (isClientMovement(entry)
    ? [amount, currency, type, entry.holdOf ?? '', entry.reason ?? '']
    : [entry.payerId, amount, currency, type, entry.refundOf ?? '', entry.method.token]).join('\0');
}
