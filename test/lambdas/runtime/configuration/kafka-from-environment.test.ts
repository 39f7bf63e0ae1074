import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Environment } from '../../../../lambdas/runtime/configuration/environment';
import { fileFromEnvironment } from '../../../../lambdas/runtime/configuration/file-from-environment';
import { kafkaFromEnvironment } from '../../../../lambdas/runtime/configuration/kafka-from-environment';

const BROKERS = 'b-1.example.com:9098, b-2.example.com:9098';
const read = (variables: Record<string, string>) => kafkaFromEnvironment(new Environment({ KAFKA_BROKERS: BROKERS, ...variables }), 'service');

describe('the Kafka of an environment', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-environment-'));
  const authorities = path.join(folder, 'authorities.pem');
  const before = { ...process.env };

  beforeAll(() => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' });
    fs.writeFileSync(authorities, 'PEM\n');
  });
  afterAll(() => {
    process.env = before;
    fs.rmSync(folder, { recursive: true });
  });

  it('is one of Amazon MSK with IAM unless it says otherwise, and its client is the pod', async () => {
    const { token, ...others } = read({ AWS_REGION: 'eu-central-1', HOSTNAME: 'worker-7' });
    expect(others).toEqual({ brokers: ['b-1.example.com:9098', 'b-2.example.com:9098'], clientId: 'worker-7', tls: 'system' });
    expect(Buffer.from(await token!(), 'base64url').toString()).toMatch(/^https:\/\/kafka\.eu-central-1\.amazonaws\.com\/\?/);
  });

  it('may be one on this machine, or one with authorities of its own', () => {
    expect(read({ KAFKA_TLS: 'off', KAFKA_AUTHENTICATION: 'none' })).toEqual({ brokers: expect.anything(), clientId: 'service', tls: 'off' });
    expect(read({ KAFKA_TLS: authorities, KAFKA_AUTHENTICATION: 'none' }).tls).toEqual({ authorities: 'PEM\n' });
  });

  it.each<[Record<string, string>, string]>([
    [{ KAFKA_BROKERS: '' }, 'KAFKA_BROKERS must be set'],
    [{ KAFKA_BROKERS: 'b-1.example.com' }, 'KAFKA_BROKERS must be a comma-separated list of host:port, got: b-1.example.com'],
    [{ KAFKA_BROKERS: 'b-1:0' }, 'KAFKA_BROKERS must be a comma-separated list of host:port, got: b-1:0'],
    [{ KAFKA_BROKERS: 'b-1:65536' }, 'KAFKA_BROKERS must be a comma-separated list of host:port, got: b-1:65536'],
    [{ KAFKA_TLS: '/nowhere/ca.pem' }, 'KAFKA_TLS must name a file that can be read, got: /nowhere/ca.pem (ENOENT)'],
    [{ KAFKA_AUTHENTICATION: 'plain' }, 'KAFKA_AUTHENTICATION must be one of iam, none, got: plain'],
    [{ KAFKA_TLS: 'off' }, 'KAFKA_AUTHENTICATION must be none where KAFKA_TLS is off'],
    [{ AWS_REGION: '' }, 'AWS_REGION must be set'],
  ])('refuses %j', (variables, message) => {
    expect(() => read({ AWS_REGION: 'eu-central-1', ...variables })).toThrow(message);
  });

  it('reads what a secret is mounted as at each call', async () => {
    const file = path.join(folder, 'password');
    const secret = fileFromEnvironment(new Environment({ PASSWORD_FILE: file }), 'PASSWORD_FILE');
    await expect(secret()).rejects.toThrow(`PASSWORD_FILE must name a file that can be read, got: ${file} (ENOENT)`);
    fs.writeFileSync(file, 'first\n');
    expect(await secret()).toBe('first');
    fs.writeFileSync(file, 'second');
    expect(await secret()).toBe('second');
    fs.writeFileSync(file, ' \n');
    await expect(secret()).rejects.toThrow('PASSWORD_FILE must name a file that is not empty');
    expect(() => fileFromEnvironment(new Environment({}), 'PASSWORD_FILE')).toThrow('PASSWORD_FILE must be set');
  });
});
