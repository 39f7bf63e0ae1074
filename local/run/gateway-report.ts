/** What stood before the API, and what it took. */
export interface GatewayReport {
  /** Name and version, or `none` where clients called the pods themselves. */
  readonly engine: string;
  /** CPU time of the gateway for a payment, in microseconds. @default - there was none, or the platform does not tell */
  readonly cpuMicrosecondsPerPayment?: number;
  /** What of the template it does not do, or does otherwise. */
  readonly leftOut: readonly string[];
}

/** A gateway whose time can be asked for. */
export interface MeasuredGateway {
  readonly title: string;
  readonly leftOut: readonly string[];
  /** CPU time so far; undefined where the platform does not tell. */
  microseconds(): Promise<number | undefined>;
}

/** Counts what a gateway takes for a payment, from a moment on. */
export class GatewayMeter {
  private begun?: { readonly microseconds: number; readonly settled: number };

  /** @param gateway undefined where clients call the pods themselves */
  constructor(private readonly gateway: MeasuredGateway | undefined) {}

  /** @param settled payments that are settled by now */
  async begin(settled: number): Promise<void> {
    const microseconds = await this.gateway?.microseconds();
    this.begun = microseconds === undefined ? undefined : { microseconds, settled };
  }

  /** @param settled payments that are settled by now */
  async report(settled: number): Promise<GatewayReport> {
    if (this.gateway === undefined) {
      return { engine: 'none', leftOut: [] };
    }
    const { leftOut, title } = this.gateway;
    const microseconds = await this.gateway.microseconds();
    const isKnown = this.begun !== undefined && microseconds !== undefined && settled > this.begun.settled;
    const each = isKnown ? (microseconds - this.begun!.microseconds) / (settled - this.begun!.settled) : undefined;
    return { engine: title, ...(each !== undefined && { cpuMicrosecondsPerPayment: Number(each.toFixed(1)) }), leftOut };
  }
}
