import type { JoinRequest } from './group-messages';

/** Ways to deal out that somebody knows, the one it likes best first. */
export type Knowing = Pick<JoinRequest, 'protocols'>;

/** Names of the ways to deal out that all know, in the order of the first one. */
export function commonProtocols(all: readonly Knowing[]): readonly string[] {
  const [first, ...others] = all;
  return first.protocols.map(({ name }) => name).filter((name) => others.every(({ protocols }) => protocols.some((each) => each.name === name)));
}

/** Among those that all know, the one that most like best; the earlier one of two. @param all at least one, who agree */
export function chosenProtocol(all: readonly Knowing[]): string {
  const common = new Set(commonProtocols(all));
  const votes = new Map<string, number>();
  for (const { protocols } of all) {
    const { name } = protocols.find((each) => common.has(each.name))!;
    votes.set(name, (votes.get(name) ?? 0) + 1);
  }
  return [...votes].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
