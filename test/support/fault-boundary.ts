/** A point at which something can go wrong: before and after a command to the store, or an invocation of a function. */
export interface Boundary {
  kind: 'command' | 'invocation';
  /** The command's, or the function's. */
  name: string;
  phase: 'received' | 'answered';
  /** Who sent a command, as it presents itself to the store. */
  appName?: string | undefined;
  /** What a function answered. */
  answer?: HttpAnswer;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * What becomes of a message: passed on where nothing is said; lost together with its connection; lost with the
 * connection left open, so that its sender waits; or another answer in its place, which may break off in its middle.
 */
export type Verdict =
  | void
  | 'lost'
  | 'swallowed'
  | { reply: Record<string, unknown> }
  | { answer: HttpAnswer; breaksOff?: boolean };

export type Fault = (boundary: Boundary) => Verdict | Promise<Verdict>;

export const describeBoundary = ({ kind, name, phase }: Boundary) => `${kind} ${name} ${phase}`;

/** A fault at the n-th boundary from now on, once. */
export class NthBoundary {
  #passed = 0;
  /** The boundary, once it was reached. */
  reached: Boundary | undefined;

  constructor(
    readonly n: number,
    readonly fault: Fault,
  ) {}

  readonly at: Fault = (boundary) => {
    if (this.#passed++ !== this.n) return undefined;
    this.reached = boundary;
    return this.fault(boundary);
  };
}
