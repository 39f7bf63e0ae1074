import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { spellOutRun, systemVariables } from '../../cli/running-system';
import { temporaryFolder } from '../local/run/cht';

describe('the system that an operator works on', () => {
  const before = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder();
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    fs.rmSync(folder, { recursive: true });
  });

  function addRun(processId: number, suffix: string, system?: string): string {
    const run = path.join('.local', `run-${processId}-${suffix}`);
    fs.mkdirSync(run, { recursive: true });
    if (system !== undefined) {
      fs.writeFileSync(path.join(run, 'system.json'), system);
    }
    return run;
  }

  const SYSTEM = JSON.stringify({ environment: { PARKING_TABLE: 'parked', AWS_REGION: 'eu-west-1' }, api: [] });
  const own = { PARKING_TABLE: 'deployed', PATH: '/bin' };
  const variables = (run?: string) => systemVariables({ values: { run }, positionals: [] }, own);
  /** The id of a process that has ended. */
  const ended = (): number => spawnSync('true').pid;

  it('is that of the process itself without --run', () => {
    addRun(process.pid, 'a', SYSTEM);
    expect(variables()).toBe(own);
  });

  it('is the only run that is up, over the process\'s own variables', () => {
    addRun(ended(), 'old', SYSTEM);
    addRun(process.pid, 'starting');
    fs.mkdirSync('.local/assembly-x');
    addRun(process.pid, 'a', SYSTEM);
    expect(variables('')).toEqual({ PARKING_TABLE: 'parked', AWS_REGION: 'eu-west-1', PATH: '/bin' });
  });

  it('takes the folder that is named, with or without .local before it', () => {
    const run = addRun(process.pid, 'a', SYSTEM);
    addRun(process.pid, 'b', JSON.stringify({ environment: { PARKING_TABLE: 'other' } }));
    for (const name of [run, path.basename(run), path.resolve(run), `${run}/`]) {
      expect(variables(name).PARKING_TABLE).toBe('parked');
    }
  });

  it.each([
    ['no run is up', () => '', 'No run is up in'],
    ['the only one has ended', () => (addRun(ended(), 'old', SYSTEM), ''), 'No run is up in'],
    ['several are up', () => (addRun(process.pid, 'a', SYSTEM), addRun(process.pid, 'b', SYSTEM), ''),
      `Several runs are up, so say which one: --run .local/run-${process.pid}-a, --run .local/run-${process.pid}-b.`],
    ['the named folder is not there', () => 'nowhere', '--run nowhere is no folder of a run'],
    ['the named run has ended', () => addRun(ended(), 'old', SYSTEM), 'that run is not up'],
    ['the named folder is none of a run', () => '.', 'that run is not up'],
    ['the description is no JSON', () => (addRun(process.pid, 'a', '{'), ''), 'system.json cannot be read'],
    ['the description lacks the environment', () => (addRun(process.pid, 'a', '{}'), ''), 'holds no "environment"'],
  ])('says so when %s', (_, prepare, message) => {
    const run = prepare();
    expect(() => variables(run)).toThrow(message);
  });

  it.each([
    [['list', '--run'], ['list', '--run=']],
    [['--run', 'list', '--json'], ['--run=', 'list', '--json']],
    [['list', '--run', '--json'], ['list', '--run=', '--json']],
    [['list', '--run', '.local/run-1-a', '--json'], ['list', '--run=.local/run-1-a', '--json']],
    [['list', '--run=run-1-a'], ['list', '--run=run-1-a']],
    [['show', '--', '--run', 'k'], ['show', '--', '--run', 'k']],
    [['list'], ['list']],
  ])('reads %j', (words, spelled) => {
    expect(spellOutRun(words)).toEqual(spelled);
  });
});
