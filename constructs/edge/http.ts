/** The port of HTTPS. */
export const HTTPS_PORT = 443;

/** Status codes that an edge answers with by itself. */
export const HTTP_STATUS = { notFound: 404, contentTooLarge: 413, tooManyRequests: 429 } as const;

/** A problem as JSON (RFC 9457), in the form in which the API words its own. */
export function problemText(status: number, title: string, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail });
}
