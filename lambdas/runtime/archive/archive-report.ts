/** A point of a chain that is known from somewhere else than the objects themselves. */
export interface Tip {
  readonly number: number;
  /** SHA-256 of the manifest, in hexadecimal digits. */
  readonly sha256: string;
  /** Of its last change, as `comparableSequence` writes it. */
  readonly lastSequence: string;
}

/** One thing that is not as it must be. */
export interface ChainBreak {
  readonly chain: string;
  /** Key of the object or manifest. */
  readonly key: string;
  readonly problem: string;
}

/**
 * How the end of a chain is known: from the table of heads, from a tip that was noted earlier (which proves no more than that the chain still
 * holds it), or not at all: what was cut off with its objects would then not be missed.
 */
export type ChainEnd = 'head' | 'noted' | 'unknown';

export interface ChainReport {
  readonly chain: string;
  readonly manifests: number;
  readonly changes: number;
  readonly tip: Tip | undefined;
  readonly end: ChainEnd;
}

/** An object that is in no manifest: its writer died, or another one was faster. Its changes are in other objects of the chain. */
export interface Orphan {
  readonly chain: string;
  readonly key: string;
  /** `raced`: all its changes are in the chain. `uncommitted`: it goes beyond the end, its changes will come again. */
  readonly kind: 'raced' | 'uncommitted';
}

export interface ArchiveReport {
  readonly chains: readonly ChainReport[];
  readonly breaks: readonly ChainBreak[];
  readonly orphans: readonly Orphan[];
  readonly manifests: number;
  readonly changes: number;
}

/** The tips of a report, to be noted where nobody who writes to the archive can reach them. */
export function tipsOf(report: ArchiveReport): Map<string, Tip> {
  return new Map(report.chains.flatMap(({ chain, tip }) => (tip === undefined ? [] : [[chain, tip] as const])));
}
