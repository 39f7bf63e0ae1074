import type { WireReader } from './wire-reader';
import type { WireWriter } from './wire-writer';

/** How a value lies in a message. */
export interface Field<Value> {
  read(reader: WireReader): Value;
  write(writer: WireWriter, value: Value): void;
}

/** What a field holds. */
export type ValueOf<F> = F extends Field<infer Value> ? Value : never;

export const int8: Field<number> = { read: (reader) => reader.int8(), write: (writer, value) => writer.int8(value) };
export const int16: Field<number> = { read: (reader) => reader.int16(), write: (writer, value) => writer.int16(value) };
export const int32: Field<number> = { read: (reader) => reader.int32(), write: (writer, value) => writer.int32(value) };
export const int64: Field<number> = { read: (reader) => reader.int64(), write: (writer, value) => writer.int64(value) };
export const boolean: Field<boolean> = { read: (reader) => reader.int8() !== 0, write: (writer, value) => writer.int8(value ? 1 : 0) };

const UUID_BYTES = 16;

/** Sixteen bytes, as 32 hexadecimal digits. */
export const uuid: Field<string> = {
  read: (reader) => reader.slice(UUID_BYTES).toString('hex'),
  write: (writer, value) => writer.bytes(Buffer.from(value, 'hex')),
};

/** A text, or null, whose length is a number of 16 bits: in headers, and within the metadata of members. */
export const shortText: Field<string | null> = {
  read: (reader) => {
    const length = reader.int16();
    return length < 0 ? null : reader.text(length);
  },
  write: (writer, value) => {
    const bytes = value === null ? null : Buffer.from(value);
    writer.int16(bytes?.length ?? -1);
    if (bytes !== null) {
      writer.bytes(bytes);
    }
  },
};

/** Null is length 0 in the compact form; so a length is one more than it says. */
function compact<Value>(read: (reader: WireReader, length: number) => Value, bytesOf: (value: Value) => Buffer): Field<Value | null> {
  return {
    read: (reader) => {
      const length = reader.unsignedVarint();
      return length === 0 ? null : read(reader, length - 1);
    },
    write: (writer, value) => {
      if (value === null) {
        writer.unsignedVarint(0);
        return;
      }
      const bytes = bytesOf(value);
      writer.unsignedVarint(bytes.length + 1);
      writer.bytes(bytes);
    },
  };
}

/** What must not be null is taken as its default, as brokers take what older clients leave out. */
function orElse<Value>(field: Field<Value | null>, otherwise: Value): Field<Value> {
  return { read: (reader) => field.read(reader) ?? otherwise, write: (writer, value) => field.write(writer, value) };
}

export const nullableText: Field<string | null> = compact((reader, length) => reader.text(length), (value) => Buffer.from(value));
export const text: Field<string> = orElse(nullableText, '');
const nullableBytes: Field<Buffer | null> = compact((reader, length) => reader.slice(length), (value) => value);

/** Bytes; those that are read are a view of the request. */
export const bytes: Field<Buffer> = orElse(nullableBytes, Buffer.alloc(0));

/** Record batches, one after the other. They are written as they lie in the log, without being copied. */
export const records: Field<readonly Buffer[]> = {
  read: (reader) => [bytes.read(reader)],
  write: (writer, value) => {
    writer.unsignedVarint(value.reduce((sum, { length }) => sum + length, 0) + 1);
    value.forEach((piece) => writer.bytes(piece));
  },
};

/** A list, or null, which says something else than an empty one: everything. */
export function nullableArray<Value>(item: Field<Value>): Field<readonly Value[] | null> {
  return {
    read: (reader) => {
      const length = reader.unsignedVarint();
      return length === 0 ? null : readItems(reader, item, length - 1);
    },
    write: (writer, values) => {
      writer.unsignedVarint(values === null ? 0 : values.length + 1);
      values?.forEach((value) => item.write(writer, value));
    },
  };
}

/** A list. */
export function array<Value>(item: Field<Value>): Field<readonly Value[]> {
  return orElse(nullableArray(item), []);
}

/** A list whose length is a number of 32 bits, as in the first version of a message, and within the metadata of members. */
export function longArray<Value>(item: Field<Value>): Field<readonly Value[]> {
  return {
    read: (reader) => readItems(reader, item, reader.int32()),
    write: (writer, values) => {
      writer.int32(values.length);
      values.forEach((value) => item.write(writer, value));
    },
  };
}

function readItems<Value>(reader: WireReader, item: Field<Value>, count: number): Value[] {
  const values: Value[] = [];
  // One after the other, so that a length that lies ends with the bytes.
  for (let left = count; left > 0; left -= 1) {
    values.push(item.read(reader));
  }
  return values;
}

/** Fields behind each other, in the order in which they are named. */
export function plain<Fields extends Readonly<Record<string, Field<unknown>>>>(
  fields: Fields,
): Field<{ readonly [Name in keyof Fields]: ValueOf<Fields[Name]> }> {
  type Value = { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };
  const entries = Object.entries(fields);
  return {
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) {
        value[name] = field.read(reader);
      }
      return value as Value;
    },
    write: (writer, value) => {
      for (const [name, field] of entries) {
        field.write(writer, (value as Readonly<Record<string, unknown>>)[name]);
      }
    },
  };
}

/** Fields behind each other, and what later versions may have added: read over, and never written. See KIP-482. */
export function struct<Fields extends Readonly<Record<string, Field<unknown>>>>(fields: Fields): ReturnType<typeof plain<Fields>> {
  const { read, write } = plain(fields);
  return {
    read: (reader) => {
      const value = read(reader);
      skipTaggedFields(reader);
      return value;
    },
    write: (writer, value) => {
      write(writer, value);
      writer.unsignedVarint(0);
    },
  };
}

/** Reads over fields that this version does not know. */
export function skipTaggedFields(reader: WireReader): void {
  for (let left = reader.unsignedVarint(); left > 0; left -= 1) {
    reader.unsignedVarint();
    reader.slice(reader.unsignedVarint());
  }
}
