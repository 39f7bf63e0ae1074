import { Fact, Facts } from '../facts';

/** Facts that remember which of them were read, so that a decision names all that it rests on, and no other. */
export class FactTrail extends Facts {
  private readonly seen = new Set<string>();

  constructor(private readonly source: Facts) {
    super({ region: source.region, overrides: source.overrides });
  }

  override get(id: string, region?: string): Fact {
    this.seen.add(id);
    return this.source.get(id, region);
  }

  /** Ids that were read so far, in the order of the first reading. */
  ids(): readonly string[] {
    return [...this.seen];
  }
}
