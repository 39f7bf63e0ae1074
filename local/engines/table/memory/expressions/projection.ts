import type { AttributeValue, Item } from '../../attribute-value';
import { type DocumentPath, memberOf, overlapping, pathText } from './document-path';
import type { ExpressionReader } from './expression-reader';

/** Reads a projection to its end: document paths with commas between them. @throws EngineError */
export function parseProjection(reader: ExpressionReader): readonly DocumentPath[] {
  const paths: DocumentPath[] = [];
  do {
    paths.push(reader.path());
  } while (reader.takeSymbol(','));
  reader.expectEnd();
  const overlap = overlapping(paths);
  if (overlap !== undefined) {
    throw reader.invalid(
      `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: ${pathText(overlap[0])}, path two: ${pathText(overlap[1])}`,
    );
  }
  return paths;
}

/** The parts of an item that stand at some paths. Elements of a list move together. */
export function project(item: Item, paths: readonly DocumentPath[]): Item {
  return projectMembers({ M: item }, paths)?.M ?? {};
}

function projectMembers(value: AttributeValue, paths: readonly (readonly (string | number)[])[]): AttributeValue | undefined {
  if (paths.some((path) => path.length === 0)) {
    return value;
  }
  const byStep = new Map<string | number, (readonly (string | number)[])[]>();
  for (const [step, ...rest] of paths) {
    byStep.set(step, [...byStep.get(step) ?? [], rest]);
  }
  const members: [string | number, AttributeValue][] = [];
  for (const [step, rest] of byStep) {
    const member = memberOf(value, step);
    const projected = member && projectMembers(member, rest);
    if (projected !== undefined) {
      members.push([step, projected]);
    }
  }
  if (members.length === 0) {
    return undefined;
  }
  return value.L === undefined
    ? { M: Object.fromEntries(members) }
    : { L: members.sort(([left], [right]) => Number(left) - Number(right)).map(([, member]) => member) };
}
