import type { AdvanceResult, ArchiveHead, ArchiveHeads } from '../../../../lambdas/runtime/archive/archive-heads';
import type { ListedObject, ObjectStore, PutOptions } from '../../../../lambdas/runtime/aws/object-store';

/** Objects in a map. */
export class MemoryObjectStore implements ObjectStore {
  public readonly objects = new Map<string, Buffer>();
  public reads = 0;

  public async put(key: string, body: Buffer, options: PutOptions = {}): Promise<'written' | 'exists'> {
    if (options.ifAbsent && this.objects.has(key)) {
      return 'exists';
    }
    this.objects.set(key, body);
    return 'written';
  }

  public async get(key: string): Promise<Buffer | undefined> {
    this.reads++;
    return this.objects.get(key);
  }

  public async* list(prefix: string): AsyncGenerator<ListedObject> {
    for (const key of [...this.objects.keys()].filter((it) => it.startsWith(prefix)).sort()) {
      yield { key, bytes: this.objects.get(key)!.length };
    }
  }

  public keys(prefix = ''): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  public copy(): MemoryObjectStore {
    const copy = new MemoryObjectStore();
    this.objects.forEach((body, key) => copy.objects.set(key, body));
    return copy;
  }
}

/** Heads in a map. */
export class MemoryHeads implements ArchiveHeads {
  public readonly heads = new Map<string, ArchiveHead>();

  public async read(chain: string): Promise<ArchiveHead | undefined> {
    return this.heads.get(chain);
  }

  public async advance(chain: string, next: ArchiveHead, readSequence: string | undefined): Promise<AdvanceResult> {
    if (this.heads.get(chain)?.lastSequence !== readSequence) {
      return 'conflict';
    }
    this.heads.set(chain, next);
    return 'advanced';
  }

  public async* all(): AsyncGenerator<{ chain: string; head: ArchiveHead }> {
    for (const [chain, head] of this.heads) {
      yield { chain, head };
    }
  }
}
