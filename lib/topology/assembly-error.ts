/** A cloud assembly that cannot be read or resolved; the message says what and where. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';
}
