/** Into how many slots the keys of a cluster are cut. */
export const HASH_SLOTS = 16_384;

/** CRC-16/XMODEM of every byte. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc;
});

/**
 * The slot of a key: CRC-16 of the key, or of what stands in its first pair of braces where that is not empty, modulo 16384.
 *
 * @see https://valkey.io/topics/cluster-spec/
 */
export function hashSlot(key: string): number {
  const bytes = Buffer.from(key, 'utf8');
  let start = 0;
  let end = bytes.length;
  const open = bytes.indexOf(0x7b);
  if (open >= 0) {
    const close = bytes.indexOf(0x7d, open + 1);
    if (close > open + 1) {
      start = open + 1;
      end = close;
    }
  }
  let crc = 0;
  for (let index = start; index < end; index++) {
    crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ bytes[index]];
  }
  return crc % HASH_SLOTS;
}
