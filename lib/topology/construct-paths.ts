import type { TopologyResource } from './topology';

/** Values that constructs carry, by construct path: a resource gets that of the nearest construct around it. */
export class ConstructPaths<T> {
  constructor(private readonly byPath: ReadonlyMap<string, T>) {}

  /** The value of the resource's own construct or the nearest one around it; undefined where none has one. */
  nearest(resource: TopologyResource): T | undefined {
    for (const path of pathsAround(resource.constructPath)) {
      const value = this.byPath.get(path);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }
}

/** A construct path and those of everything around it, the innermost first, the app (an empty path) last. */
export function pathsAround(path: string): string[] {
  const parts = path.split('/');
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
}
