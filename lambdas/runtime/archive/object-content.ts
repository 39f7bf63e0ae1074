import { ArchiveFormatError, type ArchivedChange, type ChangeSource, sequenceOf, unpackChanges } from './archived-change';
import { IdentityFilter } from './identity-filter';
import { filterEntries, type KnownTypes, type Manifest, sha256, summarize } from './manifest';

/**
 * The changes of an object, if it is what its manifest says: bytes, source, order, range, counts and sums.
 *
 * @throws ArchiveFormatError saying what is different
 */
export function readDescribedObject(manifest: Manifest, body: Buffer): readonly ArchivedChange[] {
  const found = sha256(body);
  if (found !== manifest.object.sha256) {
    throw new ArchiveFormatError(`its SHA-256 is ${found}, manifest ${manifest.number} says ${manifest.object.sha256}`);
  }
  const { changes, source } = unpackChanges(body);
  const problem = sourceProblem(manifest, source) ?? countProblem(manifest, changes) ?? orderProblem(changes) ?? summaryProblem(manifest, changes);
  if (problem !== undefined) {
    throw new ArchiveFormatError(problem);
  }
  return changes;
}

function sourceProblem(manifest: Manifest, { stream, shard }: ChangeSource): string | undefined {
  return stream === manifest.stream && shard === manifest.shard ? undefined : `it holds changes of ${shard} of ${stream}`;
}

function countProblem(manifest: Manifest, changes: readonly ArchivedChange[]): string | undefined {
  return changes.length > 0 && changes.length === manifest.changes
    ? undefined : `it holds ${changes.length} changes, manifest ${manifest.number} says ${manifest.changes}`;
}

function orderProblem(changes: readonly ArchivedChange[]): string | undefined {
  const sequences = changes.map(sequenceOf);
  const at = sequences.findIndex((sequence, index) => index > 0 && sequence <= sequences[index - 1]);
  return at < 0 ? undefined : `its change ${changes[at].sequence} is not after ${changes[at - 1].sequence}`;
}

/** A writer that met rows newer than itself said so, and described the object by what it knew. */
function summaryProblem(manifest: Manifest, changes: readonly ArchivedChange[]): string | undefined {
  const problem = summaryProblemOf(manifest, changes, 'all');
  return problem === undefined || manifest.unknown === 0 || summaryProblemOf(manifest, changes, 'payments') !== undefined ? problem : undefined;
}

function summaryProblemOf(manifest: Manifest, changes: readonly ArchivedChange[], known: KnownTypes): string | undefined {
  const [first, last] = [changes[0], changes[changes.length - 1]];
  const { firstSequence, lastSequence, firstAt, lastAt, events, totals, unknown } = manifest;
  const stated = { firstSequence, lastSequence, firstAt, lastAt, events, totals, unknown };
  const summary = summarize(changes, known);
  const found: typeof stated = {
    firstSequence: first.sequence, lastSequence: last.sequence, firstAt: first.at, lastAt: last.at,
    events: summary.events, totals: summary.totals, unknown: summary.unknown,
  };
  for (const name of Object.keys(stated) as (keyof typeof stated)[]) {
    if (JSON.stringify(found[name]) !== JSON.stringify(stated[name])) {
      return `its ${name} is ${JSON.stringify(found[name])}, manifest ${manifest.number} says ${JSON.stringify(stated[name])}`;
    }
  }
  const filter = IdentityFilter.fromJSON(manifest.filter);
  return [...filterEntries(changes, known)].every((entry) => filter.mayHold(entry))
    ? undefined : `the filter of manifest ${manifest.number} lacks an entry of it`;
}
