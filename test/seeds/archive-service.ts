import type { ListedObject, ObjectStore, PutOptions } from '../../lambdas/runtime/aws/object-store';
import type { SeededRandom } from '../../local/random/seeded-random';
import { ConnectionLost, type SimulatedProcess } from './simulated-process';
import type { Strike } from './strikes';

/** The bucket of the archive, behind a network that fails. What is called on it itself is past all faults. */
export class ArchiveService implements ObjectStore {
  lostAnswers = 0;
  private readonly objects = new Map<string, Buffer>();

  constructor(private readonly random: SeededRandom, private readonly strike: Strike) {}

  async put(key: string, body: Buffer, { ifAbsent = false }: PutOptions = {}): Promise<'written' | 'exists'> {
    if (ifAbsent && this.objects.has(key)) {
      return 'exists';
    }
    this.objects.set(key, body);
    return 'written';
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.objects.get(key);
  }

  async* list(prefix: string): AsyncGenerator<ListedObject> {
    for (const key of [...this.objects.keys()].filter((each) => each.startsWith(prefix)).sort()) {
      yield { key, bytes: (this.objects.get(key) as Buffer).length };
    }
  }

  /** The bucket as a process sees it. */
  seenBy(process: SimulatedProcess): ObjectStore {
    return {
      put: (key, body, options) => process.call(async () => {
        const result = await this.put(key, body, options);
        if (this.lostAnswers > 0 && this.random.next() < this.lostAnswers) {
          this.strike('lost-answers (archive)');
          throw new ConnectionLost();
        }
        return result;
      }),
      get: (key) => process.call(() => this.get(key)),
      list: (prefix) => this.list(prefix),
    };
  }
}
