import { spawnSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { LOCK_FILE, readLock, writeLock } from '../../cli/flink/connector-lock';
import { makePackage, pinConnector } from '../../cli/flink/flink-package';
import { zipArchive } from '../../cli/flink/zip-archive';
import { root } from '../house/source-files';

const JAR = Buffer.from('a connector');
const CHECKSUM = crypto.createHash('sha256').update(JAR).digest('hex');
const PATH = '/maven/org/example/connector/1.0-2.0/connector-1.0-2.0.jar';

describe('cht flink', () => {
  let server: Server;
  let served: Buffer;
  let asked: string[];
  let folder: string;
  let variables: NodeJS.ProcessEnv;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(request.url === PATH ? 200 : 404).end(request.url === PATH ? served : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => server.close());

  beforeEach(() => {
    served = JAR;
    asked = [];
    const place = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-flink-'));
    folder = path.join(place, 'package');
    fs.mkdirSync(path.join(folder, 'rules'), { recursive: true });
    fs.mkdirSync(path.join(folder, '__pycache__'));
    fs.writeFileSync(path.join(folder, '__pycache__', 'main.pyc'), 'left behind');
    fs.writeFileSync(path.join(folder, 'main.py'), 'print("€")\n');
    fs.writeFileSync(path.join(folder, 'rules', 'one.sql'), 'SELECT 1;\n');
    writeLock(folder, { group: 'org.example', artifact: 'connector', version: '1.0-2.0', sha256: CHECKSUM });
    variables = { XDG_CACHE_HOME: path.join(place, 'cache'), MAVEN_REPOSITORY: `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven/` };
  });

  it('packs the files and the connector, the same bytes each time', async () => {
    const archive = await makePackage(folder, { variables });
    expect(filesOf(fs.readFileSync(archive))).toEqual({
      'connector.lock.json': fs.readFileSync(path.join(folder, LOCK_FILE), 'utf8'),
      'main.py': 'print("€")\n',
      'rules/one.sql': 'SELECT 1;\n',
      'lib/connector.jar': 'a connector',
    });
    const later = new Date(Date.now() + 86_400_000);
    fs.utimesSync(path.join(folder, 'main.py'), later, later);
    expect(await makePackage(folder, { variables })).toBe(archive);
  });

  it('fetches the connector once', async () => {
    await makePackage(folder, { variables });
    await makePackage(folder, { variables });
    expect(asked).toEqual([PATH]);
  });

  it('fetches it again when what it kept is no longer what was pinned', async () => {
    await makePackage(folder, { variables });
    fs.writeFileSync(path.join(variables.XDG_CACHE_HOME!, 'cdk-high-throughput', `${CHECKSUM}.jar`), 'another');
    await makePackage(folder, { variables });
    expect(asked).toHaveLength(2);
  });

  it('refuses a connector with another checksum, and keeps nothing of it', async () => {
    served = Buffer.from('another connector');
    const found = crypto.createHash('sha256').update(served).digest('hex');
    await expect(makePackage(folder, { variables })).rejects.toThrow(`org.example:connector:1.0-2.0 must have the checksum ${CHECKSUM}, got: ${found}`);
    expect(fs.existsSync(path.join(variables.XDG_CACHE_HOME!, 'cdk-high-throughput'))).toBe(false);
    const jar = path.join(folder, '..', 'mine.jar');
    fs.writeFileSync(jar, served);
    await expect(makePackage(folder, { variables, jar })).rejects.toThrow('must have the checksum');
  });

  it('refuses a connector that nobody pinned', async () => {
    writeLock(folder, { ...readLock(folder), sha256: null });
    await expect(makePackage(folder, { variables })).rejects.toThrow(`org.example:connector:1.0-2.0 has no checksum in ${folder}: "cht flink pin ${folder}" writes`);
    expect(asked).toEqual([]);
  });

  it('pins what is served now, and never another one by itself', async () => {
    writeLock(folder, { ...readLock(folder), sha256: null });
    expect(await pinConnector(folder, { variables })).toEqual({ group: 'org.example', artifact: 'connector', version: '1.0-2.0', sha256: CHECKSUM });
    expect(readLock(folder).sha256).toBe(CHECKSUM);
    expect(await pinConnector(folder, { variables })).toMatchObject({ sha256: CHECKSUM });
    served = Buffer.from('another connector');
    await expect(pinConnector(folder, { variables })).rejects.toThrow(`is pinned to ${CHECKSUM}`);
    expect(readLock(folder).sha256).toBe(CHECKSUM);
    expect((await pinConnector(folder, { variables, replace: true })).sha256).not.toBe(CHECKSUM);
  });

  it('tells what a repository answers, and takes no address without TLS', async () => {
    writeLock(folder, { ...readLock(folder), version: '9' });
    await expect(makePackage(folder, { variables })).rejects.toThrow('/maven/org/example/connector/9/connector-9.jar answers 404');
    await expect(makePackage(folder, { variables: { ...variables, MAVEN_REPOSITORY: 'http://repository.example' } })).rejects.toThrow('MAVEN_REPOSITORY must begin with https://');
  });

  it.each([
    ['a group that leaves its place', { group: '..' }, '`group`'],
    ['a version with a slash', { version: '1/2' }, '`version`'],
    ['an artifact that is an option', { artifact: '-Dx' }, '`artifact`'],
    ['a checksum of another kind', { sha256: 'abc' }, '`sha256`'],
  ])('refuses a lock file with %s', (_name, changes, named) => {
    writeLock(folder, { ...readLock(folder), ...changes });
    expect(() => readLock(folder)).toThrow(`${named} in ${path.join(folder, LOCK_FILE)} must be`);
  });

  it('says what is missing where there is no lock file', () => {
    expect(() => readLock('/nowhere')).toThrow('/nowhere/connector.lock.json cannot be read');
  });

  it('writes archives that others read', () => {
    const file = path.join(folder, '..', 'archive.zip');
    fs.writeFileSync(file, zipArchive([{ name: 'a/ä.txt', bytes: Buffer.from('ä') }, { name: 'empty', bytes: Buffer.alloc(0) }]));
    const python = spawnSync('python3', ['-c', 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist(), z.read("a/ä.txt"))', file], { encoding: 'utf8' });
    if (python.error === undefined) {
      expect(python.stdout.trim()).toBe("None ['a/ä.txt', 'empty'] b'\\xc3\\xa4'");
    }
    expect(filesOf(fs.readFileSync(file))).toEqual({ 'a/ä.txt': 'ä', 'empty': '' });
  });

  it("has the kit's own package in the form that it reads", () => {
    expect(readLock(path.join(root, 'analytics', 'fraud'))).toMatchObject({ group: 'org.apache.flink', artifact: 'flink-sql-connector-aws-kinesis-streams' });
  });
});

/** Names and contents of an archive, by its central directory. */
function filesOf(archive: Buffer): { [name: string]: string } {
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  const found: { [name: string]: string } = {};
  let at = archive.readUInt32LE(end + 16);
  for (let entry = 0; entry < archive.readUInt16LE(end + 10); entry++) {
    const [method, size, nameLength] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28)];
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(start, start + size);
    found[name] = (method === 0 ? bytes : inflateRawSync(bytes)).toString('utf8');
    at += 46 + nameLength;
  }
  return found;
}
