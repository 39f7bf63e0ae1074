import type { IncomingMessage } from 'node:http';
import { FAULTS } from '../faults';
import { CommandRefusedError, type DashboardFeed } from './feed';
import type { Refusal } from './request-guard';

/** Longest body of a command; the longest that the page sends has some 60 bytes. */
export const MOST_COMMAND_BYTES = 1024;

/** What the page may ask for, by the last part of the address. */
export const COMMANDS: ReadonlyMap<string, (feed: DashboardFeed, input: CommandInput) => Promise<void>> = new Map([
  ['rate', (feed, input) => feed.setRate(readRate(feed, input))],
  ['end-load', (feed) => feed.endLoad()],
  ['fault', (feed, input) => {
    const { fault, value } = readFault(input);
    return feed.setFault(fault.name, value);
  }],
]);

type CommandInput = Readonly<Record<string, unknown>>;

/** What was sent is no command; the message names the property, its bound and the value. */
class InputError extends Error {}

/**
 * Reads a command and carries it out.
 *
 * @returns why it was not carried out, or nothing.
 * @throws Error when the feed fails in a way that it does not explain.
 */
export async function runCommand(name: string, feed: DashboardFeed, request: IncomingMessage): Promise<Refusal | undefined> {
  if (request.headers['content-type'] !== 'application/json') {
    return { status: 415, message: `A command is JSON, got: ${request.headers['content-type'] ?? 'no content type'}` };
  }
  const body = await readBody(request);
  if (body === undefined) {
    return { status: 413, message: `A command has at most ${MOST_COMMAND_BYTES} bytes.` };
  }
  try {
    await COMMANDS.get(name)!(feed, parse(body));
    return undefined;
  } catch (error) {
    if (error instanceof InputError) {
      return { status: 400, message: error.message };
    }
    if (error instanceof CommandRefusedError) {
      return { status: 409, message: error.message };
    }
    throw error;
  }
}

function readRate({ description }: DashboardFeed, { paymentsPerSecond }: CommandInput): number {
  const most = description.mostPaymentsPerSecond;
  if (typeof paymentsPerSecond !== 'number' || !(paymentsPerSecond >= 0 && paymentsPerSecond <= most)) {
    throw new InputError(`\`paymentsPerSecond\` must be a number from 0 to ${most}, got: ${JSON.stringify(paymentsPerSecond)}`);
  }
  return paymentsPerSecond;
}

function readFault({ name, value }: CommandInput): { fault: (typeof FAULTS)[number]; value: number | undefined } {
  const fault = FAULTS.find((it) => it.name === name);
  if (fault === undefined) {
    throw new InputError(`\`name\` must be one of ${FAULTS.map((it) => it.name).join(', ')}, got: ${JSON.stringify(name)}`);
  }
  if (value === null) {
    return { fault, value: undefined };
  }
  if (typeof value !== 'number' || !(value >= fault.minimum && value <= fault.maximum)) {
    throw new InputError(
      `\`value\` of ${fault.name} must be null or a number from ${fault.minimum} to ${fault.maximum} (${fault.unit}), got: ${JSON.stringify(value)}`,
    );
  }
  return { fault, value };
}

function parse(body: string): CommandInput {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    throw new InputError('A command is a JSON object, got something that is no JSON.');
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InputError(`A command is a JSON object, got: ${body.slice(0, 40)}`);
  }
  return input as CommandInput;
}

/** The whole body; nothing when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_COMMAND_BYTES) {
      return undefined;
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
