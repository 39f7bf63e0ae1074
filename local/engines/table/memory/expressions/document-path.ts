import type { AttributeValue, Item } from '../../attribute-value';

/** An attribute's name, then names of map members and indexes of list elements. */
export type DocumentPath = readonly [string, ...(string | number)[]];

/** What stands at a path; undefined where nothing does. */
export function valueAt(item: Item, path: DocumentPath): AttributeValue | undefined {
  let value: AttributeValue | undefined = Object.hasOwn(item, path[0]) ? item[path[0]] : undefined;
  for (let depth = 1; depth < path.length && value !== undefined; depth++) {
    value = memberOf(value, path[depth]);
  }
  return value;
}

/** A member of a map or an element of a list. */
export function memberOf(value: AttributeValue, step: string | number): AttributeValue | undefined {
  if (typeof step === 'number') {
    return value.L?.[step];
  }
  return value.M !== undefined && Object.hasOwn(value.M, step) ? value.M[step] : undefined;
}

/** Two paths of which one leads through the other. */
export function overlapping(paths: readonly DocumentPath[]): [DocumentPath, DocumentPath] | undefined {
  for (let index = 0; index < paths.length; index++) {
    for (let other = 0; other < index; other++) {
      const length = Math.min(paths[index].length, paths[other].length);
      if (paths[index].slice(0, length).every((step, depth) => step === paths[other][depth])) {
        return [paths[other], paths[index]];
      }
    }
  }
  return undefined;
}

/** A path as messages of the service write it. */
export function pathText(path: DocumentPath): string {
  return `[${path.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(', ')}]`;
}
