import type { Observation } from '../simulation';

/** INV5: the chains of the archive hold, every change of the ledger is in them once, and the balances that they add up to are the live ones. */
export function completeArchive({ archive, follower }: Observation): string[] {
  if (archive === undefined) {
    return [];
  }
  const { changes, rebuild: { archive: { breaks }, balances, ledger, isEqual } } = archive;
  const wrong = breaks.map(({ chain, key, problem }) => `the archive is broken in ${chain} at ${key}: ${problem}`);
  const archived = new Map<string, number>();
  changes.forEach((change) => archived.set(change, (archived.get(change) ?? 0) + 1));
  for (const change of follower.changes) {
    const times = archived.get(change) ?? 0;
    if (times !== 1) {
      wrong.push(`the change ${change} is ${times} times in the archive`);
    }
    archived.delete(change);
  }
  wrong.push(...[...archived.keys()].map((change) => `the archive holds the change ${change}, of which no stream tells`));
  if (!isEqual && wrong.length === 0) {
    wrong.push(`the archive does not add up to the live rows: ${balances.differences.length} balances and ${ledger.differences.length} rows differ, `
      + `${balances.archiveBehind.length} are not archived, ${balances.balancesBehind} changes are in no balance`);
  }
  return wrong;
}
