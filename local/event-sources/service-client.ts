import { LocalAwsClient, type LocalAwsClientProps } from '../aws/local-aws-client';

/** Calls the operations of a service: over HTTP, or in process so that a whole system can run in virtual time. */
export interface ServiceClient {
  /**
   * Makes one call, without retries.
   *
   * @throws LocalAwsError for an error answer; any other error stands for no answer
   */
  call<Output>(operation: string, input: object, signal?: AbortSignal): Promise<Output>;
}

/** Where the API of a service is: exactly one of the two is given. */
export type ServiceAddress =
  /** E.g. `http://127.0.0.1:41234`. */
  | { readonly endpoint: string; readonly client?: undefined }
  | { readonly endpoint?: undefined; readonly client: ServiceClient };

/** A client of a service and how to give it up. */
export interface ConnectedClient {
  readonly client: ServiceClient;
  /** Closes the connections of a client that was made here; one that was given is left alone. */
  readonly close: () => void;
}

/** The client that was given, or one that speaks HTTP to the endpoint. */
export function connect({ endpoint, client }: ServiceAddress, props: Omit<LocalAwsClientProps, 'endpoint'>): ConnectedClient {
  if (client !== undefined) {
    return { client, close: () => undefined };
  }
  const made = new LocalAwsClient({ endpoint, ...props });
  return { client: made, close: () => made.close() };
}
