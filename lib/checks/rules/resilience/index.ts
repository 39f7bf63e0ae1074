import type { Rule } from '../../rule';
import { deletionProtection } from './deletion-protection';
import { endlessTask } from './endless-task';
import { fewBrokers } from './few-brokers';
import { lostEvent } from './lost-event';
import { lostNotification } from './lost-notification';
import { noRollback } from './no-rollback';
import { sharedNatGateway } from './shared-nat-gateway';
import { singleCopy } from './single-copy';
import { singleTask } from './single-task';
import { singleZone } from './single-zone';
import { unrepeatedTask } from './unrepeated-task';

export const RESILIENCE_RULES: readonly Rule[] = [
  singleTask, singleZone, sharedNatGateway, singleCopy, fewBrokers, noRollback, endlessTask, unrepeatedTask, lostNotification, lostEvent,
  deletionProtection,
];
