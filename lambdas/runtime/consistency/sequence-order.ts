/**
 * Compares sequence numbers of one shard, of whatever length: decimal numbers as text, those of Kinesis have up to 56 digits.
 *
 * @returns below zero when `a` is the earlier one, above when it is the later one, zero when they are equal
 * @throws Error when one is not a decimal number
 */
export function compareSequences(a: string, b: string): number {
  const [left, right] = [significantDigits(a), significantDigits(b)];
  if (left.length !== right.length) {
    return left.length - right.length;
  }
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}

function significantDigits(sequence: string): string {
  if (!/^\d+$/.test(sequence)) {
    throw new Error(`a sequence number must have at least 1 decimal digit and nothing else, got: ${JSON.stringify(sequence)}`);
  }
  return sequence.replace(/^0+/, '');
}
