import { writeVarint } from '../protobuf/wire-reader';

/** Bytes that a length-delimited field needs at most besides its content: a tag of one byte and a length. */
export const FIELD_BYTES = 6;

/** What `writeTextField` needs for a text at most. */
export function textFieldBytes(text: string): number {
  return FIELD_BYTES + 3 * text.length;
}

/** Writes a text, or nothing where it is empty, as proto3 asks for. @returns the position after it */
export function writeTextField(target: Buffer, position: number, tag: number, text: string): number {
  if (text === '') {
    return position;
  }
  target[position] = tag;
  const start = writeVarint(target, position + 1, Buffer.byteLength(text));
  return start + target.write(text, start);
}

/** Writes a number, or nothing where it is 0. @returns the position after it */
export function writeNumberField(target: Buffer, position: number, tag: number, value: number): number {
  if (value === 0) {
    return position;
  }
  target[position] = tag;
  return writeVarint(target, position + 1, value);
}

/** Writes the tag and length of a message that follows. @returns the position after them */
export function writeMessageHead(target: Buffer, position: number, tag: number, length: number): number {
  target[position] = tag;
  return writeVarint(target, position + 1, length);
}
