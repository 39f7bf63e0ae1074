import type { Comparison, ComparedSide } from './comparison';
import type { LedgerSideArgument } from './payments';

/** Payments of one event. */
export const EVENT_SIZE = 500;

const POWERTOOLS = 'Powertools batch + parser + idempotency, JSON records; nothing is stored but the idempotency record';
const PLAIN = 'AWS SDK, 25 conditional inserts a call, JSON records, no checks';
const KIT = 'payment-worker of the reference as it is deployed, aggregated records, all checks';
const FLOOR = "the kit's requests made before: written to raw sockets, answers read and parsed";

const ENGINE_SIDES = [
  { name: 'powertools', module: 'powertools-side', items: 500, warmUpItems: 1_000, description: POWERTOOLS },
  { name: 'plainBatch', module: 'plain-batch-side', items: 4_000, warmUpItems: 24_000, description: PLAIN },
  { name: 'floor', module: 'floor-side', items: 4_000, warmUpItems: 12_000, description: FLOOR },
  { name: 'kit', module: 'kit-side', items: 4_000, warmUpItems: 24_000, description: KIT },
] as const;

/** A payment's way from a stream event into the ledger, on an engine. @param createTable makes a table with the text keys `pk` and `sk` */
export async function engineComparison(endpoint: string, createTable: (name: string) => Promise<void>): Promise<Comparison> {
  const sides: ComparedSide[] = [];
  for (const side of ENGINE_SIDES) {
    const table = `ledger-${side.name}`;
    await createTable(table);
    sides.push({ ...side, argument: { endpoint, table, eventSize: EVENT_SIZE } satisfies LedgerSideArgument });
  }
  return { title: `dynoxide, events of ${EVENT_SIZE}`, sides, ours: 'kit' };
}

/** The same with a transport in each process that answers at once: what is left is the client's own work. */
export function transportComparison(): Comparison {
  const argument: LedgerSideArgument = { table: 'ledger', eventSize: EVENT_SIZE };
  return {
    title: `transport that answers at once, events of ${EVENT_SIZE}`,
    ours: 'kit',
    sides: [
      { name: 'powertools', module: 'powertools-side', items: 1_000, warmUpItems: 2_000, argument, description: POWERTOOLS },
      { name: 'plainBatch', module: 'plain-batch-side', items: 20_000, warmUpItems: 60_000, argument, description: PLAIN },
      { name: 'kit', module: 'kit-side', items: 40_000, warmUpItems: 120_000, argument, description: KIT },
    ],
  };
}
