import type { SeededRandom } from './seeded-random';

/** Neither the first byte of an aggregate of the Kinesis Producer Library (F3), nor one that a protobuf message or a JSON text can begin with. */
const UNREADABLE_FIRST_BYTE = 0x07;
const UNREADABLE_BYTES = { least: 16, most: 512 };

/** Random bytes that no reader can take for a payment or for an aggregate of some. */
export function unreadableBytes(random: SeededRandom): Buffer {
  const data = Buffer.alloc(random.integer(UNREADABLE_BYTES.least, UNREADABLE_BYTES.most), UNREADABLE_FIRST_BYTE);
  for (let position = 1; position < data.length; position++) {
    data[position] = random.integer(0, 255);
  }
  return data;
}
