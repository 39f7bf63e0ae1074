import { JsonProtocolServer, ServiceError } from '../../aws/json-protocol-server';
import type { ExecutionResult } from './execution';
import { WorkflowEngine, WorkflowError } from './workflow-engine';

/** Serves a workflow engine on a loopback port, in the JSON protocol of Step Functions: StartExecution and StartSyncExecution. */
export class WorkflowServer {
  static async start(engine: WorkflowEngine): Promise<WorkflowServer> {
    const server = await JsonProtocolServer.start({
      targetPrefix: 'AWSStepFunctions',
      jsonVersion: '1.0',
      operations: {
        StartExecution: async (input) => {
          const { executionArn, startedAt } = refusing(() => engine.start(text(input.stateMachineArn), text(input.input ?? '{}'), optional(input.name)));
          return { executionArn, startDate: startedAt / 1000 };
        },
        StartSyncExecution: async (input) => {
          const { executionArn, result, startedAt } =
            refusing(() => engine.startOnce(text(input.stateMachineArn), text(input.input ?? '{}'), optional(input.name)));
          return { executionArn, stateMachineArn: input.stateMachineArn, input: input.input ?? '{}', startDate: startedAt / 1000, ...told(await result) };
        },
        DescribeExecution: async () => {
          throw new ServiceError('StateMachineTypeNotSupported', 'DescribeExecution is not there for Express workflows.');
        },
      },
    });
    return new WorkflowServer(server);
  }

  private constructor(private readonly server: JsonProtocolServer) {}

  /** Where clients connect, e.g. `http://127.0.0.1:41234`. */
  get endpoint(): string {
    return this.server.endpoint;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

function told(result: ExecutionResult): object {
  const stopDate = Date.now() / 1000;
  switch (result.status) {
    case 'SUCCEEDED':
      return { status: result.status, output: JSON.stringify(result.output), stopDate };
    case 'FAILED':
      return { status: result.status, error: result.error, cause: result.errorCause, stopDate };
    case 'TIMED_OUT':
      return { status: result.status, error: 'States.Timeout', stopDate };
  }
}

function refusing<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof WorkflowError ? new ServiceError(error.code, error.message) : error;
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string') {
    throw new ServiceError('ValidationException', 'A member is missing, or is no text.');
  }
  return value;
}

function optional(value: unknown): string | undefined {
  return value === undefined ? undefined : text(value);
}
