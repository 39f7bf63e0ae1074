/** Thrown for an id that no data file holds. Names the ids that look most like it. */
export class UnknownFactError extends Error {
  constructor(readonly id: string, readonly similar: readonly string[]) {
    super(`there is no fact '${id}'${similar.length === 0 ? '' : `; did you mean ${similar.map((it) => `'${it}'`).join(' or ')}?`}`);
    this.name = 'UnknownFactError';
  }
}
