import * as fs from 'node:fs';
import * as path from 'node:path';
import { ApiClient } from './api-client';

const PAGE = fs.readFileSync(path.join(__dirname, '../../../docs/api.md'), 'utf8');

/** What the page says is answered, in the order of its examples. */
const STATUSES = [202, 422, 200, 202, 202, 202, 202, 404, 200];

describe('docs/api.md', () => {
  it('has examples that are true', async () => {
    const client = await new ApiClient({ holds: true, payouts: { start: async () => true } }).start();
    const statuses: number[] = [];
    for (const [, url, body] of PAGE.matchAll(/^curl [^\n]*"\$API([^"]+)"[^\n]*?(?: -d '([^']+)')?$/gm)) {
      const reply = await client.send(body === undefined ? 'GET' : 'POST', url, body);
      statuses.push(reply.status);
      if (reply.status === 422) {
        expect(PAGE).toContain(reply.text);
      }
      if (reply.status === 200 && reply.json.items !== undefined) {
        expect(PAGE).toContain(JSON.stringify((reply.json.items as object[])[1]));
      }
    }
    await client.stop();
    expect(statuses).toEqual(STATUSES);
  });
});
