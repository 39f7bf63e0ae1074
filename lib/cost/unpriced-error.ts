/** A resource cannot be priced; the message says what is missing. Its bill lists it as unpriced. */
export class UnpricedError extends Error {
  override readonly name = 'UnpricedError';
}
