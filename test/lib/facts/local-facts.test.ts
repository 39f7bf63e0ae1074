import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Facts, LOCAL_FACTS_FILE, LocalFactsError } from '../../../lib/facts';

describe('facts.local.json', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'facts-'));
  const file = path.join(folder, LOCAL_FACTS_FILE);
  const state = (content: string): void => fs.writeFileSync(file, content);

  afterEach(() => fs.rmSync(file, { recursive: true, force: true }));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('is not needed', () => {
    expect(Facts.local(folder).overrides).toEqual({});
    expect(Facts.local(folder, 'eu-central-1').number('kinesis/shardQuota.account')).toBe(6_000);
  });

  it('states values, with a reason where one is given', () => {
    state('{"kinesis/shardQuota.account": 5000, "kms/symmetric.requestsPerSec": {"value": 150000, "note": "raised in May"}}');
    const facts = Facts.local(folder, 'eu-west-1');
    expect(facts.get('kinesis/shardQuota.account')).toMatchObject({ value: 5_000, confidence: 'stated' });
    expect(facts.get('kms/symmetric.requestsPerSec').note).toBe('stated by the user: raised in May; shipped: 100000');
    expect(facts.region).toBe('eu-west-1');
  });

  it('lies in the folder of the process, unless another is named', () => {
    const cwd = jest.spyOn(process, 'cwd').mockReturnValue(folder);
    state('{"kinesis/shardQuota.account": 5000}');
    expect(Facts.local().number('kinesis/shardQuota.account')).toBe(5_000);
    cwd.mockRestore();
  });

  it.each([
    ['{', 'is no JSON: '],
    ['[1]', 'must be a JSON object such as { "kinesis/shardQuota.account": 5000 }'],
    ['{"kinesis/shardsQuota.account": 1}', "there is no fact 'kinesis/shardsQuota.account'; did you mean 'kinesis/shardQuota.account'"],
    ['{"kinesis/shardQuota.account": "5000"}', "override of 'kinesis/shardQuota.account' must be a number, got: 5000"],
    ['{"kinesis/shardQuota.account": null}', "'kinesis/shardQuota.account' must be a value or { \"value\": …, \"note\": … }, got: null"],
    ['{"kinesis/shardQuota.account": {"value": 1, "until": "May"}}', "'kinesis/shardQuota.account' may have \"value\" and \"note\", got: \"until\""],
    ['{"kinesis/shardQuota.account": {"value": 1, "note": 7}}', "the note of 'kinesis/shardQuota.account' must be a text, got: 7"],
  ])('is refused with one sentence where it holds %s', (content, problem) => {
    state(content);
    expect(() => Facts.local(folder)).toThrow(LocalFactsError);
    expect(() => Facts.local(folder)).toThrow(`${file}: ${problem}`);
  });

  it('is refused where it cannot be read', () => {
    fs.mkdirSync(file);
    expect(() => Facts.local(folder)).toThrow(`${file}: cannot be read: `);
  });
});
