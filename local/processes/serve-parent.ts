import type { ChildMessage, ParentMessage } from './messages';

/** A configured part of the run. */
export interface ServedPart {
  /** Told to the runner with `ready`. @default - nothing */
  readonly ready?: { readonly [detail: string]: unknown };
  /** Answers to the runner's requests, by name. @default - none */
  readonly requests?: { readonly [name: string]: (input: never) => unknown };
  stop(): Promise<void> | void;
}

/** Sends the runner a message that it did not ask for. */
export type EmitEvent = (name: string, payload: unknown) => void;

/**
 * The child's side of `ChildProcess`: waits for the configuration, answers requests, and ends when told or when the runner is gone.
 *
 * Ctrl-C in a terminal is the runner's business: it stops its children in the right order.
 */
export function serveParent<Configuration>(start: (configuration: Configuration, emit: EmitEvent) => Promise<ServedPart>): void {
  let part: ServedPart | undefined;
  let ending = false;

  const send = (message: ChildMessage): void => {
    if (process.connected) {
      process.send!(message, () => undefined);
    }
  };
  const end = async (): Promise<void> => {
    if (ending) {
      return;
    }
    ending = true;
    await part?.stop();
    process.exit(0);
  };

  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void end());
  process.on('disconnect', () => void end());
  process.on('message', (message: ParentMessage) => {
    switch (message.type) {
      case 'configure':
        start(message.configuration as Configuration, (name, payload) => send({ type: 'event', name, payload }))
          .then((started) => {
            part = started;
            send({ type: 'ready', ...started.ready });
          })
          .catch((error: Error) => {
            send({ type: 'failed', message: error.message });
            // Leaves the message time to get out.
            setTimeout(() => process.exit(1), 100);
          });
        break;
      case 'request':
        void answer(part, message, send);
        break;
      case 'stop':
        void end();
        break;
    }
  });
}

async function answer(part: ServedPart | undefined, message: ParentMessage & { type: 'request' }, send: (message: ChildMessage) => void): Promise<void> {
  try {
    const handler = part?.requests?.[message.name];
    if (!handler) {
      throw new Error(`unknown request ${message.name}`);
    }
    send({ type: 'reply', id: message.id, result: await handler(message.input as never) });
  } catch (error) {
    send({ type: 'reply', id: message.id, error: (error as Error).message });
  }
}
