import { describeStorms } from './ledger-storm-test';

describeStorms(2_000, false);
