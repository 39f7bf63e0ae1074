import { Facts } from '../../../lib/facts';
import { JsonProtocolServer, ServiceError } from '../../aws/json-protocol-server';
import type { EventBusEngine, EventEntry } from './event-bus-engine';

/** Events and bytes that one call may hold. */
const MAXIMUM_ENTRIES = Facts.DEFAULT.number('eventbridge/putEvents.maxEntries');
const MAXIMUM_BYTES = Facts.DEFAULT.number('eventbridge/putEvents.maxBytes');
/** What the service counts for a time. */
const TIME_BYTES = 14;

/** Serves buses on a loopback port, in the JSON protocol of EventBridge: PutEvents. */
export class EventBusServer {
  static async start(engine: EventBusEngine): Promise<EventBusServer> {
    return new EventBusServer(await JsonProtocolServer.start({
      targetPrefix: 'AWSEvents',
      jsonVersion: '1.1',
      operations: {
        PutEvents: async ({ Entries: entries }) => {
          const read = readEntries(entries);
          const results = engine.put(read).map((result) =>
            ('eventId' in result ? { EventId: result.eventId } : { ErrorCode: result.errorCode, ErrorMessage: result.errorMessage }));
          return { Entries: results, FailedEntryCount: results.filter((result) => !('EventId' in result)).length };
        },
      },
    }));
  }

  private constructor(private readonly server: JsonProtocolServer) {}

  /** Where clients connect, e.g. `http://127.0.0.1:41234`. */
  get endpoint(): string {
    return this.server.endpoint;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

function readEntries(value: unknown): EventEntry[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAXIMUM_ENTRIES) {
    throw new ServiceError('ValidationException', `Entries must hold 1 to ${MAXIMUM_ENTRIES} events.`);
  }
  const entries = (value as Record<string, unknown>[]).map((entry): EventEntry => ({
    source: optionalText(entry.Source),
    detailType: optionalText(entry.DetailType),
    detail: optionalText(entry.Detail),
    eventBusName: optionalText(entry.EventBusName),
    resources: (entry.Resources ?? []) as string[],
    ...(entry.Time === undefined ? undefined : { time: Number(entry.Time) * 1000 }),
  }));
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > MAXIMUM_BYTES) {
    throw new ServiceError('ValidationException', `Total size of the entries in the request is over the limit: ${bytes} bytes.`);
  }
  return entries;
}

function sizeOf({ source, detailType, detail, resources, time }: EventEntry): number {
  const texts = [source, detailType, detail, ...resources ?? []];
  return (time === undefined ? 0 : TIME_BYTES) + texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}

function optionalText(value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') {
    throw new ServiceError('SerializationException', 'A member of an entry is no text.');
  }
  return value;
}
