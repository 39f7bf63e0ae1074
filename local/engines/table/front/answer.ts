/** What the front answers to a call. */
export interface Answer {
  readonly status: number;
  /** JSON text, whole or in parts. */
  readonly body: string | readonly Buffer[];
}

/** A successful answer. */
export function success(output: object): Answer {
  return { status: 200, body: JSON.stringify(output) };
}
