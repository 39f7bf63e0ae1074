import { hash } from 'node:crypto';
import type { ObjectStore } from '../aws/object-store';
import type { DeliveredEvent } from '../events/delivered-event';

/** Objects of one day are spread over so many prefixes, by the merchant's hash: who reads the report of a merchant reads one of them. */
const PREFIXES = 16;

/** Day of a report, in UTC: `2026-11-30`. */
export function reportDay(occurredAt: number): string {
  return new Date(occurredAt).toISOString().slice(0, 10);
}

/** Where the events of a merchant and day lie: `settlements/2026-11-30/a/`. */
export function reportPrefix(day: string, merchantId: string): string {
  return `settlements/${day}/${(parseInt(hash('sha256', merchantId).slice(0, 8), 16) % PREFIXES).toString(PREFIXES)}/`;
}

/** A message and the event in it. */
export interface ReportEntry {
  readonly messageId: string;
  readonly event: DeliveredEvent;
}

/** An object of a report. */
export interface ReportObject {
  readonly key: string;
  /** Lines of JSON, one an event. */
  readonly body: Buffer;
  /** Messages whose events are in it. */
  readonly messageIds: readonly string[];
}

/**
 * The objects that hold a batch: one for each day and prefix in it. Their keys follow from the messages in them, so that a batch that is
 * delivered again as it was makes no other object. One that is delivered in other company does: readers count an event once, by its id.
 */
export function reportObjects(entries: readonly ReportEntry[]): ReportObject[] {
  const groups = new Map<string, ReportEntry[]>();
  for (const entry of entries) {
    const prefix = reportPrefix(reportDay(entry.event.occurredAt), entry.event.merchantId);
    groups.set(prefix, [...groups.get(prefix) ?? [], entry]);
  }
  return [...groups].map(([prefix, group]) => {
    const sorted = [...group].sort((a, b) => (a.messageId < b.messageId ? -1 : 1));
    const messageIds = sorted.map(({ messageId }) => messageId);
    return {
      key: `${prefix}${hash('sha256', messageIds.join('\n'))}.jsonl`,
      messageIds,
      body: Buffer.from(sorted.map(({ event }) => `${JSON.stringify(event)}\n`).join('')),
    };
  });
}

/** What happened to a merchant in one currency on one day. */
export interface SettlementTotal {
  readonly currency: string;
  /** Events by type: how many, and their amounts in minor units. */
  readonly byType: Readonly<Record<string, { readonly count: number; readonly amount: bigint }>>;
}

/**
 * The report of a merchant and day, each event counted once.
 *
 * @param day in UTC: `2026-11-30`
 * @throws when the store does not answer
 */
export async function settlementReport(store: ObjectStore, merchantId: string, day: string): Promise<SettlementTotal[]> {
  const seen = new Set<string>();
  const totals = new Map<string, Record<string, { count: number; amount: bigint }>>();
  for await (const { key } of store.list(reportPrefix(day, merchantId))) {
    const body = await store.get(key);
    for (const line of body?.toString('utf8').split('\n') ?? []) {
      const event = line === '' ? undefined : JSON.parse(line) as DeliveredEvent;
      if (event !== undefined && event.merchantId === merchantId && !seen.has(event.id)) {
        seen.add(event.id);
        const byType = totals.get(event.currency) ?? {};
        const total = byType[event.type] ??= { count: 0, amount: 0n };
        total.count += 1;
        total.amount += BigInt(event.amount);
        totals.set(event.currency, byType);
      }
    }
  }
  return [...totals].map(([currency, byType]) => ({ currency, byType }));
}
