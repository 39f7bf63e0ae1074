import { Server } from 'node:http';
import { type ObjectApplication, prepareObjectRequests } from '../../../../local/engines/object';

interface Request { readonly method: string; readonly url: string; readonly headers: Record<string, string>; readonly body: undefined }
type Hook = (request: Request, reply: object, done: () => void) => void;

/** The engine's application as far as the hooks see it; looking for objects goes as the test wants. */
class ScriptedApplication {
  readonly server = new Server();
  readonly hooks = new Map<string, Hook>();
  look: () => Promise<{ statusCode: number }> = async () => ({ statusCode: 404 });

  addHook(name: string, hook: Hook): void {
    this.hooks.set(name, hook);
  }

  inject(): Promise<{ statusCode: number }> {
    return this.look();
  }

  /** Creates an object; as Fastify does, calls `onResponse` once it is answered. */
  create(url: string): Promise<number> {
    const request: Request = { method: 'PUT', url, headers: { 'if-none-match': '*' }, body: undefined };
    return new Promise((resolve) => {
      let status = 200;
      const answer = (): void => {
        this.hooks.get('onResponse')!(request, reply, () => resolve(status));
      };
      const reply = { header: () => reply, status: (code: number) => { status = code; return reply; }, send: answer };
      this.hooks.get('preHandler')!(request, reply, answer);
    });
  }
}

describe('prepareObjectRequests', () => {
  it('answers a creation of which it cannot tell whether the object is there, and lets the next one through', async () => {
    const application = new ScriptedApplication();
    prepareObjectRequests(application as unknown as ObjectApplication);
    application.look = () => Promise.reject(new Error('the engine is not well'));
    expect(await application.create('/archive/manifest')).toBe(500);
    application.look = async () => ({ statusCode: 404 });
    expect(await application.create('/archive/manifest')).toBe(200);
    application.look = async () => ({ statusCode: 200 });
    expect(await application.create('/archive/manifest')).toBe(412);
  });
});
