/** What the runner sends to a child process. */
export type ParentMessage =
  | { readonly type: 'configure'; readonly configuration: unknown }
  | { readonly type: 'request'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly type: 'stop' };

/** What a child process sends to the runner. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly [detail: string]: unknown }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'reply'; readonly id: number; readonly result?: unknown; readonly error?: string }
  | { readonly type: 'event'; readonly name: string; readonly payload: unknown };
