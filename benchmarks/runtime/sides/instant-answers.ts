/** Statements of one call: events of the benchmark are multiples of it. */
const STATEMENTS = 25;

/** What the service would answer, as the bytes of its JSON, by the operation at the end of the header `x-amz-target`. */
const ANSWERS: Readonly<Record<string, string>> = {
  BatchExecuteStatement: JSON.stringify({ Responses: Array.from({ length: STATEMENTS }, () => ({ TableName: 'ledger' })) }),
  PutItem: '{}',
  UpdateItem: '{}',
};

/** @throws Error for an operation that no side of the benchmark calls */
export function instantAnswer(target: string): Uint8Array {
  const answer = ANSWERS[target.slice(target.lastIndexOf('.') + 1)];
  if (answer === undefined) {
    throw new Error(`there is no answer to ${target}`);
  }
  return Buffer.from(answer);
}
