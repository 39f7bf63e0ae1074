import { hash } from 'node:crypto';
import { merchantOf } from '../sharding/shard-directory';
import { ArchiveFormatError, type ArchivedChange, type ChangeSource } from './archived-change';
import type { BalanceEffect } from '../balance/balance-effect';
import { effectOf } from './change-effect';
import { type FilterJson, identityEntry, IdentityFilter, merchantEntry } from './identity-filter';

/** Sums over new rows of one currency. Amounts are minor units as text: they may pass 2^53. */
export interface CurrencyTotals {
  readonly payments: number;
  readonly paid: string;
  readonly refunds: number;
  readonly refunded: string;
  /** Refunds, releases and settles without effect. */
  readonly rejected: number;
  /** Holds, releases and settles with their sums; each pair is present where there are some. */
  readonly holds?: number;
  readonly held?: string;
  readonly releases?: number;
  readonly released?: string;
  readonly settles?: number;
  readonly settled?: string;
}

/**
 * What the writer of a manifest knows: payments and refunds, or movements too. A manifest is locked for years, so that one whose writer met
 * rows newer than itself must stay one that holds.
 */
export type KnownTypes = 'payments' | 'all';

/** Describes one object, and holds the hash of the manifest before it: so no object can be changed, left out or put in later. */
export interface Manifest extends ChangeSource {
  readonly schema: typeof MANIFEST_SCHEMA;
  readonly version: typeof MANIFEST_VERSION;
  /** Place in the chain of its shard, from 1. */
  readonly number: number;
  /** SHA-256 of the bytes of the manifest before this one, in hexadecimal digits; null in the first. */
  readonly previous: string | null;
  readonly object: { readonly key: string; readonly bytes: number; readonly sha256: string };
  /** Changes in the object. */
  readonly changes: number;
  readonly events: { readonly [event: string]: number };
  readonly firstSequence: string;
  readonly lastSequence: string;
  /** When its first and last change happened, in seconds since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** By currency, ordered by its code. */
  readonly totals: { readonly [currency: string]: CurrencyTotals };
  /** New rows of a type that the writer did not know; in no total. */
  readonly unknown: number;
  /** Over merchants, and keys of merchants, that have a row in the object or are drawn on by one. */
  readonly filter: FilterJson;
}

const MANIFEST_SCHEMA = 'cdk-high-throughput/ledger-changes-manifest';
const MANIFEST_VERSION = 1;

/** Place and object of a manifest; the rest follows from the changes. */
export interface ManifestProps {
  readonly source: ChangeSource;
  readonly number: number;
  readonly previous: string | null;
  readonly key: string;
  readonly object: Buffer;
  /** At least one, in the order of the shard. */
  readonly changes: readonly ArchivedChange[];
}

export function createManifest(props: ManifestProps): Manifest {
  const { source, number, previous, key, object, changes } = props;
  const last = changes[changes.length - 1];
  return {
    schema: MANIFEST_SCHEMA,
    version: MANIFEST_VERSION,
    stream: source.stream,
    shard: source.shard,
    number,
    previous,
    object: { key, bytes: object.length, sha256: sha256(object) },
    firstSequence: changes[0].sequence,
    lastSequence: last.sequence,
    firstAt: changes[0].at,
    lastAt: last.at,
    ...summarize(changes),
    filter: IdentityFilter.of(filterEntries(changes)).toJSON(),
  };
}

/** The part of a manifest that the changes alone decide. */
export type ChangeSummary = Pick<Manifest, 'changes' | 'events' | 'totals' | 'unknown'>;

export function summarize(changes: readonly ArchivedChange[], known: KnownTypes = 'all'): ChangeSummary {
  const events: Record<string, number> = {};
  const totals = new Map<string, Totals>();
  let unknown = 0;
  for (const change of changes) {
    events[change.event] = (events[change.event] ?? 0) + 1;
    if (change.event !== 'INSERT') {
      continue;
    }
    const effect = effectOf(change);
    if (effect === 'unknown' || (effect !== undefined && known === 'payments' && !isPayment(effect))) {
      unknown += 1;
      continue;
    }
    const code = effect?.currency ?? change.row.currency?.S ?? '';
    const sums = totals.get(code) ?? new Totals();
    sums.add(effect);
    totals.set(code, sums);
  }
  const byCode = [...totals].sort(([a], [b]) => (a < b ? -1 : 1));
  return { changes: changes.length, events, totals: Object.fromEntries(byCode.map(([code, sums]) => [code, sums.toJSON()])), unknown };
}

function isPayment({ type }: BalanceEffect): boolean {
  return type === 'payment' || type === 'refund';
}

/** What a search may ask the filter for: merchants, their keys, and the keys of the payments and holds that others draw on. */
export function filterEntries(changes: readonly ArchivedChange[], known: KnownTypes = 'all'): Set<string> {
  const entries = new Set<string>();
  for (const { row: { pk, sk, refundOf, holdOf } } of changes) {
    const merchantId = merchantOf(pk?.S ?? '');
    entries.add(merchantEntry(merchantId)).add(identityEntry(merchantId, sk?.S ?? ''));
    const drawn = refundOf?.S ?? (known === 'all' ? holdOf?.S : undefined);
    if (drawn !== undefined) {
      entries.add(identityEntry(merchantId, drawn));
    }
  }
  return entries;
}

/** The bytes of a manifest: what is stored, and what is hashed. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 1)}\n`;
}

/** @throws ArchiveFormatError when it is no manifest of this version */
export function parseManifest(text: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw new ArchiveFormatError('it is not JSON');
  }
  if (manifest?.schema !== MANIFEST_SCHEMA || manifest.version !== MANIFEST_VERSION) {
    throw new ArchiveFormatError(`it must name the schema ${MANIFEST_SCHEMA} in version ${MANIFEST_VERSION}`);
  }
  const { number, previous, object, firstSequence, lastSequence, stream, shard } = manifest;
  const sequences = [firstSequence, lastSequence].every((it) => typeof it === 'string' && /^\d{1,40}$/.test(it));
  if (!Number.isInteger(number) || (previous !== null && typeof previous !== 'string') || typeof object?.key !== 'string'
    || typeof object.sha256 !== 'string' || !sequences || typeof stream !== 'string' || typeof shard !== 'string') {
    throw new ArchiveFormatError('it lacks its number, previous hash, object, sequence range, stream or shard');
  }
  return manifest;
}

/** In hexadecimal digits. */
export function sha256(data: string | Buffer): string {
  return hash('sha256', data);
}

class Totals {
  private readonly counts = { payment: 0, refund: 0, hold: 0, release: 0, settle: 0 };
  private readonly sums = { payment: 0n, refund: 0n, hold: 0n, release: 0n, settle: 0n };
  private rejected = 0;

  /** @param effect undefined for a row without effect */
  public add(effect: BalanceEffect | undefined): void {
    if (effect === undefined) {
      this.rejected += 1;
    } else {
      this.counts[effect.type] += 1;
      this.sums[effect.type] += BigInt(effect.amount);
    }
  }

  public toJSON(): CurrencyTotals {
    const { counts, sums } = this;
    return {
      payments: counts.payment,
      paid: String(sums.payment),
      refunds: counts.refund,
      refunded: String(sums.refund),
      rejected: this.rejected,
      ...(counts.hold === 0 ? undefined : { holds: counts.hold, held: String(sums.hold) }),
      ...(counts.release === 0 ? undefined : { releases: counts.release, released: String(sums.release) }),
      ...(counts.settle === 0 ? undefined : { settles: counts.settle, settled: String(sums.settle) }),
    };
  }
}
