import type { ReadPosition, SourceRecord } from '../../lib/event-source';

/**
 * Where the last read of each shard ended, in the source's own terms: an iterator, say. A read that goes on from there uses that
 * place. For a position that is relative, like LATEST, this is a must: asked for again it would be another one.
 */
export class ReadPlaces<Place> {
  private readonly places = new Map<string, { readonly position: string; readonly place: Place }>();

  /** The place at which a read from this position goes on, undefined when the shard's last read did not end there. */
  find(shardId: string, position: ReadPosition): Place | undefined {
    const known = this.places.get(shardId);
    return known !== undefined && known.position === textOf(position) ? known.place : undefined;
  }

  /** Keeps where a read ended that began at this position and gave these records. */
  keep(shardId: string, position: ReadPosition, records: readonly Pick<SourceRecord, 'sequenceNumber'>[], place: Place): void {
    const end: ReadPosition = records.length === 0
      ? position
      : { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: records[records.length - 1].sequenceNumber };
    this.places.set(shardId, { position: textOf(end), place });
  }

  forget(shardId: string): void {
    this.places.delete(shardId);
  }
}

function textOf(position: ReadPosition): string {
  return JSON.stringify(position);
}
