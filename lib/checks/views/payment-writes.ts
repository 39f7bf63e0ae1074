import { expectedUnits } from '../../sizing/expected-units';
import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { type EventSourceMapping, mappingsOf } from './event-source-mappings';
import { allowedTo } from './policies';
import { scalingOfTable } from './scaling';
import { tables, type TableView } from './tables';

/** Tables that take what comes out of a stream together: a function that reads the stream may write to each of them. */
export interface WrittenTables {
  readonly tables: readonly TableView[];
  /** Share of everything that streams bring in, 0 to 1: a cell of four brings a quarter. */
  readonly share: number;
}

const WRITES = /^dynamodb:(\*|Put(Item|\*)|Update(Item|\*)|BatchWrite(Item|\*)|PartiQL(Insert|Update|\*))$/;

/** The tables that a function may write to. */
export function tablesWrittenBy(context: CheckContext, fn: TopologyResource): readonly TableView[] {
  const statements = allowedTo(context, fn).filter((it) => it.actions.some((action) => action === '*' || WRITES.test(action)));
  const resources = statements.flatMap((it) => it.resources);
  return tables(context).filter(({ resource }) => resources.some((it) => it === '*' || it === resource.arn || it === `${resource.arn}*`));
}

/** Where the events of streams end up. Events of queues count where nothing reads a stream. */
export function writtenTables(context: CheckContext): readonly WrittenTables[] {
  return context.once(readWrittenTables);
}

function readWrittenTables(context: CheckContext): readonly WrittenTables[] {
  const streams = mappingsOf(context, 'kinesis', 'kafka');
  const mappings = streams.length > 0 ? streams : mappingsOf(context, 'queue');
  const sources = new Set(mappings.map(sourceOf));
  const groups = new Map<string, { readonly tables: readonly TableView[]; readonly sources: Set<string> }>();
  for (const mapping of mappings) {
    const written = mapping.function === undefined ? [] : tablesWrittenBy(context, mapping.function);
    if (mapping.function !== undefined && written.length > 0) {
      const key = written.map((it) => it.resource.id).join(' ');
      const group = groups.get(key) ?? { tables: written, sources: new Set() };
      group.sources.add(sourceOf(mapping));
      groups.set(key, group);
    }
  }
  return [...groups.values()].map((it) => ({ tables: it.tables, share: it.sources.size / sources.size }));
}

function sourceOf({ source, resource }: EventSourceMapping): string {
  return source.resource?.id ?? source.arn ?? resource.id;
}

/** Tables that take fewer writes than come to them. */
export interface MissingWriteUnits {
  readonly group: WrittenTables;
  /** Write units a second that the tables take at once. */
  readonly ready: number;
  /** Write units a second at the stated peak, where each payment is one item of its own. */
  readonly needed: number;
}

/** Where the tables that a stream ends in take less than the stated peak, all together; only where some of them are billed in a way. */
export function missingWriteUnits(context: CheckContext, billing: TableView['billing']): readonly MissingWriteUnits[] {
  return writtenTables(context).filter(({ tables: some }) => some.some((it) => it.billing === billing)).flatMap((group) => {
    const { resource } = group.tables[0];
    const workload = context.workloadOf(resource);
    if (workload === undefined) {
      return [];
    }
    const ready = group.tables.reduce((sum, table) => sum + readyWriteUnits(context, table), 0);
    const bytesPerUnit = context.factsFor(resource).number('dynamodb/wcu.bytes');
    const needed = group.share * workload.peak.perSecond * expectedUnits(workload.payloadSize, 0, 1, bytesPerUnit);
    return ready < needed ? [{ group, ready, needed }] : [];
  });
}

/** Write units a second that a table takes at once, or as far as it scales. */
function readyWriteUnits(context: CheckContext, table: TableView): number {
  if (table.billing === 'on-demand') {
    return table.warmWriteUnits ?? context.factsFor(table.resource).number('dynamodb/onDemand.initialWritePerSec');
  }
  const scaling = scalingOfTable(context, table.resource, 'dynamodb:table:WriteCapacityUnits');
  return Math.max(table.writeUnits ?? 0, scaling?.maximum ?? 0);
}
