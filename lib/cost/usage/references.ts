import type { Topology, TopologyResource } from '../../topology';

/** One resource named in a property of another. */
export interface Reference {
  readonly from: TopologyResource;
  readonly to: TopologyResource;
  /** Path of the property: `Environment.Variables.STREAM_NAME`. */
  readonly property: string;
}

/**
 * Which resource names which. Beside the edges of the topology these are names inside of longer texts: lists of tables in a variable, functions in
 * the definition of a state machine, a consumer or a stream behind the address of a table.
 */
export class References {
  private readonly outgoing = new Map<TopologyResource, Reference[]>();
  private readonly incoming = new Map<TopologyResource, Reference[]>();

  constructor(private readonly topology: Topology) {
    for (const from of topology.resources) {
      const seen = new Set<string>();
      visit(from.properties, '', (text, property) => {
        for (const to of this.named(text)) {
          const key = `${to.id}\n${property}`;
          if (to !== from && !seen.has(key)) {
            seen.add(key);
            add(this.outgoing, from, { from, to, property });
            add(this.incoming, to, { from, to, property });
          }
        }
      });
    }
  }

  /** What a resource names, in the order of its properties. */
  from(resource: TopologyResource, property?: RegExp): Reference[] {
    return (this.outgoing.get(resource) ?? []).filter((it) => property?.test(it.property) ?? true);
  }

  /** What names a resource. */
  to(resource: TopologyResource, ...types: readonly string[]): Reference[] {
    return (this.incoming.get(resource) ?? []).filter(({ from }) => types.length === 0 || types.includes(from.type));
  }

  /** Resources that a resource names, each once. */
  named(text: string): TopologyResource[] {
    const exact = this.find(text);
    if (exact !== undefined) {
      return [exact];
    }
    return text.length < 4 ? [] : text.split(/[\s",;|{}[\]]+/).flatMap((word) => (word === text || word.length < 4 ? [] : this.find(word) ?? []));
  }

  private find(text: string): TopologyResource | undefined {
    // Behind the address of a table stands that of its stream; attributes that have no address are `name.Attribute`.
    return this.topology.find(text)
      ?? (text.includes('/stream/') ? this.topology.find(text.replace(/\/stream\/.*$/, ''))
      : /^[\w-]+\.\w/.test(text) ? this.topology.find(text.slice(0, text.indexOf('.')))
      : undefined);
  }
}

function add(map: Map<TopologyResource, Reference[]>, key: TopologyResource, value: Reference): void {
  const known = map.get(key);
  if (known === undefined) {
    map.set(key, [value]);
  } else {
    known.push(value);
  }
}

function visit(value: unknown, where: string, found: (text: string, where: string) => void): void {
  if (typeof value === 'string') {
    found(value, where);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => visit(item, `${where}[${index}]`, found));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      visit(item, where === '' ? key : `${where}.${key}`, found);
    }
  }
}
