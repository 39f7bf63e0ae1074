import { ENTRIES } from './0001-entries';
import { APPLY } from './0002-apply';
import { PARTITIONS } from './0003-partitions';
import { MERCHANT_PLACES } from './0004-merchant-places';
import { READ_MODELS } from './0005-read-models';
import { LEAST_RIGHTS } from './0006-least-rights';
import { DRAWS } from './0007-draws';
import { FORGETTING_KEYS } from './0008-forgetting-keys';
import { ARCHIVE } from './0009-archive';
import { MANY_KEYS } from './0010-many-keys';
import { PAYERS } from './0011-payers';
import type { Migration } from './migration';

/** The schema of the ledger in PostgreSQL, in steps. A step that was taken anywhere is never changed: a further one follows. */
export const LEDGER_MIGRATIONS: readonly Migration[] = [
  ENTRIES, APPLY, PARTITIONS, MERCHANT_PLACES, READ_MODELS, LEAST_RIGHTS, DRAWS, FORGETTING_KEYS, ARCHIVE, MANY_KEYS, PAYERS,
];
