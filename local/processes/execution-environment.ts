import * as path from 'node:path';
import type { EnvironmentMessage } from '../functions/execution-environment';

/** What runs inside an execution environment: loads the handler from the asset and answers one invocation after the other. */

type Handler = (event: unknown, context: object) => unknown;

const functionName = process.env.AWS_LAMBDA_FUNCTION_NAME!;

function loadHandler(): Handler {
  const [file, exportName] = process.env._HANDLER!.split('.');
  // The path is known at run time only: it is an asset of the assembly.
  const loaded = module.require(path.join(process.env.LOCAL_CODE_FOLDER!, file)) as Record<string, unknown>;
  const handler = loaded[exportName];
  if (typeof handler !== 'function') {
    throw new Error(`${process.env._HANDLER} of ${functionName} is not a function`);
  }
  return handler as Handler;
}

function reply(message: EnvironmentMessage): void {
  if (process.connected) {
    process.send!(message, () => undefined);
  }
}

let handler: Handler | undefined;

async function invoke(message: EnvironmentMessage & { type: 'invoke' }): Promise<void> {
  try {
    handler ??= loadHandler();
    const payload = await handler(message.event, {
      functionName,
      functionVersion: '1',
      awsRequestId: message.requestId,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      getRemainingTimeInMillis: () => Math.max(0, message.deadline - Date.now()),
    });
    reply({ type: 'result', payload: payload ?? null });
  } catch (error) {
    const failure = error as Error;
    process.stderr.write(`${failure.stack ?? failure.message}\n`);
    reply({ type: 'error', errorType: failure.name, message: failure.message });
  }
}

process.on('message', (message: EnvironmentMessage) => {
  if (message.type === 'invoke') {
    void invoke(message);
  }
});
process.on('disconnect', () => process.exit(0));
reply({ type: 'loaded' });
