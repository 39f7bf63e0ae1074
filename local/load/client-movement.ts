import type { ClientPayment } from './payment-mix';

/** Money of a merchant that is to be held, released or paid out, as a client states it. */
export interface ClientMovement {
  readonly idempotencyKey: string;
  readonly merchantId: string;
  readonly amount: number;
  readonly currency: string;
  readonly type: 'hold' | 'release' | 'payout';
  /** Key of the hold; only for a release. */
  readonly holdOf?: string;
  /** Why it is held; only for a hold. */
  readonly reason?: string;
}

/** Everything that clients of the local run ask for. */
export type ClientEntry = ClientPayment | ClientMovement;

export function isClientPayment(entry: ClientEntry): entry is ClientPayment {
  return entry.type === 'payment' || entry.type === 'refund';
}

/** Which routes an API has beside those for payments. */
export interface MovementRoutes {
  readonly holds: boolean;
  readonly payouts: boolean;
}

/** What the environment of an API task tells about its routes. */
export function movementRoutes(environment: { readonly [name: string]: string | undefined }): MovementRoutes {
  return { holds: environment.HOLDS === 'true', payouts: Boolean(environment.PAYOUT_STATE_MACHINE_ARN) };
}

const COLLECTIONS = { hold: 'holds', release: 'releases', payout: 'payouts' } as const;

/** Where a movement is posted, and with what body. */
export function movementRequest({ merchantId, type, ...body }: ClientMovement): { readonly path: string; readonly body: object } {
  return { path: `/merchants/${encodeURIComponent(merchantId)}/${COLLECTIONS[type]}`, body };
}
