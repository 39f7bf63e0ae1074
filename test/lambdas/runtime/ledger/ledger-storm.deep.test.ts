import { describeStorms } from './ledger-storm-test';

describeStorms(100_000, true);
