import { explainAnswer, explainDecision } from '../../../lib/report';
import { Decision, sizeKinesisStream } from '../../../lib/sizing';
import { Band, Rate, Workload } from '../../../lib/workload';

const peak = Rate.perSecond(20_000);
const { decisions } = sizeKinesisStream(new Workload({ peak, uncertainty: { peak: Band.between(5_000, 80_000) } }));
const shards = Decision.find(decisions, 'shards');

function inBand(low: number | boolean, high: number | boolean): string {
  return explainDecision({ ...shards, band: { low, high } });
}

describe('the band of a decision', () => {
  it('is told with the decision', () => {
    expect(inBand(12, 38)).toContain('\nWithin the bands of the workload: 12 to 38.\n');
    expect(inBand(1200, 38_000)).toContain('\nWithin the bands of the workload: 1,200 to 38,000.\n');
    expect(inBand(false, true)).toContain('\nWithin the bands of the workload: no to yes.\n');
    expect(inBand(12, 12)).toContain('\nWithin the bands of the workload: 12.\n');
  });

  it('is that of the two ends of the workload', () => {
    expect(explainDecision(shards)).toContain(`Within the bands of the workload: ${shards.band!.low} to ${shards.band!.high}.`);
    expect(explainAnswer([shards])).toBe(explainDecision(shards));
  });

  it('stands in a summary of many decisions', () => {
    const many = Array.from({ length: 4 }, (_, index) => ({ ...shards, name: `shards${index}`, binding: 'bytes', band: { low: 12, high: 38 } }));
    expect(explainAnswer(many, { width: 200 })).toContain(': bytes. Within the bands of the workload: 12 to 38.\n');
  });

  it('is not told where there is none', () => {
    expect(explainDecision(Decision.find(sizeKinesisStream(new Workload({ peak })).decisions, 'shards'))).not.toContain('Within the bands');
  });
});
