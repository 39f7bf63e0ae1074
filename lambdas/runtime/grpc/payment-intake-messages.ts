import type { Payment } from '../payment/payment';
import { encodeRequest } from '../payment/payment-codec';
import { WireReader } from '../protobuf/wire-reader';
import { FIELD_BYTES, textFieldBytes, writeMessageHead, writeNumberField, writeTextField } from './message-fields';

/**
 * What became of a payment that was posted:
 *
 * - `accepted`: it is durable and will take effect once.
 * - `invalid`: it breaks a rule of its fields, and always will.
 * - `conflict`: another payment was accepted with its merchant and key.
 * - `refused`: a rule about its merchant, payer or amount refuses it.
 * - `unavailable`: it could not be stored, or it is not known whether it was. Post it again.
 * - `unknown`: something that this version does not know; it is not to be posted again.
 */
export type IntakeOutcome = 'accepted' | 'invalid' | 'conflict' | 'refused' | 'unavailable' | 'unknown';

/** The result of one payment. */
export interface IntakeResult {
  readonly outcome: IntakeOutcome;
  /** Of what was accepted, and has not come to its end yet: with it the status can be asked for. @default - there is none */
  readonly receipt?: string;
  /** Why it was not accepted, for people. @default - it was */
  readonly detail?: string;
  /** JSON pointer of the field at fault. @default - none is */
  readonly field?: string;
  /** Name of the rule that refuses it. @default - none does */
  readonly rule?: string;
  /** Version of the rules that decided. @default - not known */
  readonly rulesVersion?: number;
}

/** By their numbers in the enum Outcome. */
const OUTCOMES: readonly IntakeOutcome[] = ['unknown', 'accepted', 'invalid', 'conflict', 'refused', 'unavailable'];
const NUMBERS = Object.fromEntries(OUTCOMES.map((outcome, number) => [outcome, number])) as Readonly<Record<IntakeOutcome, number>>;

/** Tags (field number << 3 | wire type) of the messages there. Of both AcceptRequest and AcceptResponse the only field is number 1. */
const ITEM = 0x0a;
const OUTCOME = 0x08;
const RECEIPT = 0x12;
const DETAIL = 0x1a;
const FIELD = 0x22;
const RULE = 0x2a;
const RULES_VERSION = 0x30;

/** Outcome and version of the rules. */
const NUMBERS_BYTES = 16;

/** An AcceptRequest. */
export function encodeAcceptRequest(payments: readonly Payment[]): Buffer {
  const records = payments.map((payment) => encodeRequest(payment, 0, undefined, undefined));
  const target = Buffer.allocUnsafe(records.reduce((bytes, record) => bytes + FIELD_BYTES + record.length, 0));
  let end = 0;
  for (const record of records) {
    end = writeMessageHead(target, end, ITEM, record.length);
    target.set(record, end);
    end += record.length;
  }
  return target.subarray(0, end);
}

/**
 * The payments of an AcceptRequest, each as the bytes of its message, so that one that cannot be read spoils no other.
 *
 * @param most there are not looked for more than one payment beyond that
 * @throws WireFormatError for what is no protobuf
 */
export function decodeAcceptRequest(bytes: Buffer, most: number): Buffer[] {
  return itemsOf(bytes, most + 1);
}

/** An AcceptResponse. */
export function encodeAcceptResponse(results: readonly IntakeResult[]): Buffer {
  const target = Buffer.allocUnsafe(results.reduce((bytes, result) => bytes + FIELD_BYTES + mostBytes(result), 0));
  let end = 0;
  for (const result of results) {
    // Its length comes first, and is known last: it is written behind the room that any length takes, and moved up.
    const content = end + FIELD_BYTES;
    const length = writeResult(target, content, result) - content;
    const start = writeMessageHead(target, end, ITEM, length);
    target.copyWithin(start, content, content + length);
    end = start + length;
  }
  return target.subarray(0, end);
}

/** @throws WireFormatError for what is no protobuf */
export function decodeAcceptResponse(bytes: Buffer): IntakeResult[] {
  return itemsOf(bytes, Infinity).map(readResult);
}

function itemsOf(bytes: Buffer, most: number): Buffer[] {
  const reader = new WireReader(bytes);
  const items: Buffer[] = [];
  while (!reader.atEnd && items.length < most) {
    const tag = reader.tag();
    if (tag === ITEM) {
      const end = reader.contentEnd();
      items.push(bytes.subarray(reader.position, end));
      reader.position = end;
    } else {
      reader.skip(tag);
    }
  }
  return items;
}

function mostBytes({ receipt = '', detail = '', field = '', rule = '' }: IntakeResult): number {
  return NUMBERS_BYTES + textFieldBytes(receipt) + textFieldBytes(detail) + textFieldBytes(field) + textFieldBytes(rule);
}

function writeResult(target: Buffer, start: number, { outcome, receipt = '', detail = '', field = '', rule = '', rulesVersion = 0 }: IntakeResult): number {
  let end = writeNumberField(target, start, OUTCOME, NUMBERS[outcome]);
  end = writeTextField(target, end, RECEIPT, receipt);
  end = writeTextField(target, end, DETAIL, detail);
  end = writeTextField(target, end, FIELD, field);
  end = writeTextField(target, end, RULE, rule);
  return writeNumberField(target, end, RULES_VERSION, rulesVersion);
}

function readResult(bytes: Buffer): IntakeResult {
  const reader = new WireReader(bytes);
  const text = (): string => {
    const end = reader.contentEnd();
    const read = bytes.toString('utf8', reader.position, end);
    reader.position = end;
    return read;
  };
  const result: { -readonly [Name in keyof IntakeResult]: IntakeResult[Name] } = { outcome: 'unknown' };
  while (!reader.atEnd) {
    const tag = reader.tag();
    switch (tag) {
      case OUTCOME: result.outcome = OUTCOMES[reader.varint()] ?? 'unknown'; break;
      case RECEIPT: result.receipt = text(); break;
      case DETAIL: result.detail = text(); break;
      case FIELD: result.field = text(); break;
      case RULE: result.rule = text(); break;
      case RULES_VERSION: result.rulesVersion = reader.varint(); break;
      default: reader.skip(tag);
    }
  }
  return result;
}
