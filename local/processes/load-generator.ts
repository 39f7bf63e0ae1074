import { ApiClient } from '../load/api-client';
import type { MovementRoutes } from '../load/client-movement';
import { ClosedLoop } from '../load/closed-loop';
import { InputReplay, type LineAnswer, type ReplayProgress } from '../load/input-replay';
import { MovementMix } from '../load/movement-mix';
import { OpenLoop } from '../load/open-loop';
import { OutcomeSender } from '../load/outcome-channel';
import { PaymentMix } from '../load/payment-mix';
import { Poster } from '../load/poster';
import { SeededRandom } from '../random/seeded-random';
import { serveParent } from './serve-parent';

export interface LoadGeneratorConfiguration {
  /** One API task a cell; requests go round. */
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  /** Bearer tokens, one for each client that requests come from; undefined where the API asks for none. */
  readonly tokens?: readonly string[];
  readonly seed: number;
  /** Port of the checker's outcome channel. */
  readonly outcomePort: number;
  /** What the API takes beside payments. */
  readonly routes: MovementRoutes;
  /**
   * Payments of every request, from 1 to 500. @default - nine requests in ten are a batch of 1 to 50, the others one payment
   */
  readonly paymentsPerRequest?: number;
}

/** Requests that the load generator answers. */
export interface LoadGeneratorRequests {
  readonly probe: { readonly seconds: number; readonly window: number };
  readonly load: { readonly paymentsPerSecond: number; readonly seconds: number };
  readonly replay: { readonly file: string };
  readonly setRate: { readonly paymentsPerSecond: number };
  readonly setFaults: { readonly poisonShare: number };
}

/** Makes the draws of movements others than those of payments. */
const MOVEMENT_SEED = 0x407d;

serveParent<LoadGeneratorConfiguration>(async (configuration) => {
  const random = new SeededRandom(configuration.seed);
  const tokens = configuration.tokens ?? [undefined];
  const clients = tokens.flatMap((token) => configuration.targets.map((target) => new ApiClient(target, token)));
  let closedLoop: ClosedLoop | undefined;
  let openLoop: OpenLoop | undefined;
  let replay: InputReplay | undefined;
  /** Told to stop, perhaps between two phases: none begins any more. */
  let stopped = false;
  const outcomes = await OutcomeSender.connect(configuration.outcomePort, (identities) => {
    closedLoop?.addSettled(identities.length);
    replay?.settled(identities);
  });
  const poster = new Poster(clients, outcomes);
  const keyPrefix = `s${configuration.seed.toString(36)}`;
  const mix = new PaymentMix(random, keyPrefix, configuration.paymentsPerRequest);
  const { holds, payouts } = configuration.routes;
  const movements = holds || payouts
    ? new MovementMix(new SeededRandom(configuration.seed ^ MOVEMENT_SEED), keyPrefix, configuration.routes) : undefined;

  return {
    requests: {
      probe: async ({ seconds, window }: LoadGeneratorRequests['probe']) => {
        closedLoop = new ClosedLoop(poster, mix, window);
        outcomes.setWaiting(true);
        await closedLoop.run(stopped ? 0 : seconds);
        outcomes.setWaiting(false);
        closedLoop = undefined;
        outcomes.flush();
      },
      load: async ({ paymentsPerSecond, seconds }: LoadGeneratorRequests['load']) => {
        openLoop = new OpenLoop(poster, mix, random, undefined, movements);
        await openLoop.run(paymentsPerSecond, stopped ? 0 : seconds);
        outcomes.flush();
      },
      replay: async ({ file }: LoadGeneratorRequests['replay']) => {
        replay = new InputReplay(file, clients, outcomes);
        outcomes.setWaiting(true);
        if (stopped) {
          replay.stop();
        }
        await replay.run();
        outcomes.flush();
      },
      setRate: ({ paymentsPerSecond }: LoadGeneratorRequests['setRate']) => openLoop?.setRate(paymentsPerSecond),
      setFaults: ({ poisonShare }: LoadGeneratorRequests['setFaults']) => mix.setPoisonShare(poisonShare),
      replayProgress: (): ReplayProgress | undefined => replay?.progress(),
      answers: (): LineAnswer[] => replay?.allAnswers() ?? [],
      stopLoad: () => {
        stopped = true;
        closedLoop?.stop();
        openLoop?.stop();
        replay?.stop();
      },
    },
    stop: async () => {
      await outcomes.close();
      clients.forEach((client) => client.close());
    },
  };
});
