import type { BrokerEngine } from '../../support/broker/engine.ts';
import {
  answered,
  badKeys,
  failedAfter,
  lateEffect,
  lostAfter,
  lostBefore,
  nonsense,
  notSeen,
  throttled,
  unavailable,
} from '../../support/broker/faults.ts';
import { forbidden } from '../../support/broker/replies.ts';
import type { Fault as BrokerFault, Reply } from '../../support/broker/types.ts';
import type { Fault } from '../faults.ts';
import type { Orchestrator } from '../orchestrator.ts';
import type { InDoubt, OrderKit } from './kit.ts';

/** How long a request may take, as the function has it. */
const REQUEST_MS = 2_000;
/** When the broker shows an order at the latest. */
const SHOWN_MS = 5_000;
/**
 * How late a request may come. With the time in which an order is shown, and the time between the write that lets it go and
 * its request, it is less than the minute that the ledger waits.
 */
const LATE_MS = 45_000;

/** What is drawn more often of a request that places an order: most requests are others. */
const OF_AN_ORDER: Partial<Record<Fault, number>> = { 'request lost': 0.08, 'request late': 0.15 };

/** What can happen to a request, by its name. */
const KINDS: Partial<Record<Fault, (process: Orchestrator) => BrokerFault>> = {
  'request lost': () => lostBefore(),
  'request late': ({ random }) => lateEffect(random.whole(random.pick([100, 10_000]), LATE_MS)),
  'request answer lost': () => lostAfter(),
  'request throttled': () => throttled(),
  'request done, and answered as failed': () => failedAfter(),
  'broker unavailable': () => unavailable(),
  'broker answers nonsense': () => nonsense(),
  'broker refuses the keys': () => badKeys(),
};

/** A process's way to the broker, for the SDK: requests in virtual time, with what can happen on the way. */
export function wayTo(kit: OrderKit, process: Orchestrator): typeof fetch {
  const { random, world } = process;
  const { engine } = kit;
  const send = async (url: string, init: RequestInit): Promise<Answer> => {
    const { pathname: path, searchParams: query } = new URL(url);
    const headers = new Map(
      Object.entries(init.headers as Record<string, string>).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]),
    );
    const method = init.method ?? 'GET';
    const isOrder = method === 'POST';
    const drawn = isOrder && kit.isBound ? refused() : drawnFault(process, isOrder);
    const deliver = () => {
      const fault = drawn ?? unseen(process, engine, query.get('client_order_id'));
      engine.faults = () => fault;
      const { reply, delayMs } = engine.request({
        ...{ method, path, query, body: (init.body as string | undefined) ?? '' },
        ...{ keyId: headers.get('apca-api-key-id'), secretKey: headers.get('apca-api-secret-key') },
      });
      world.log(process.name, method, path.slice(0, 20), reply === 'lost' ? reply : reply.status);
      return { reply, delayMs };
    };
    if (process.strikes('crash at the broker')) {
      if (random.chance(0.5)) world.after(random.whole(5, 50), deliver);
      process.crash(`at ${method} ${path.slice(0, 20)}`);
    }
    if (isOrder && ((drawn && !kit.isBound) || !process.isAlive)) {
      kit.inDoubt(JSON.parse(init.body as string) as InDoubt);
    }
    // A process that is stopped sees its answer late, and its own clock has gone on.
    const stopped = process.strikes('process stopped') ? random.whole(3_000, 25_000) : 0;
    const slow = process.strikes('request answer late') ? random.whole(500, 6_000) : random.whole(5, 60);
    const answer = process.request<Reply | 'lost'>(random.whole(5, 50), () => {
      const { reply, delayMs } = deliver();
      return { afterMs: delayMs + slow + stopped, outcome: () => ({ value: reply }) };
    });
    const late = process.later(REQUEST_MS + stopped).then(() => 'late' as const);
    const first = await Promise.race([answer, late]);
    if (first === 'late') throw new DOMException('The operation timed out.', 'TimeoutError');
    if (first === 'lost') throw new TypeError('fetch failed');
    return new Answer(first);
  };
  return send as unknown as typeof fetch;
}

const refused = (): BrokerFault => answered(forbidden('insufficient buying power').refused);

function drawnFault(process: Orchestrator, isOrder: boolean): BrokerFault | undefined {
  const { faults, random } = process;
  for (const [name, make] of Object.entries(KINDS) as [Fault, (typeof KINDS)[Fault] & object][]) {
    const chance = isOrder ? OF_AN_ORDER[name] : undefined;
    if (faults.strikes(name, random, chance)) return make(process);
  }
  return undefined;
}

/** An order that the broker has taken some seconds ago may not be shown yet. */
function unseen(process: Orchestrator, engine: BrokerEngine, key: string | null): BrokerFault | undefined {
  if (key === null) return undefined;
  const order = engine.orders('PA1').find(({ clientOrderId }) => clientOrderId === key);
  const isYoung = order && process.world.now - order.createdAt < SHOWN_MS;
  return isYoung && process.strikes('order not shown yet') ? notSeen() : undefined;
}

/** As much of a `Response` as the SDK reads, without a stream: those take turns of Node's own. */
class Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Headers;
  readonly #text: string;

  constructor({ status, body, headers }: Reply) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = new Headers({ 'content-type': 'application/json', ...headers });
    this.#text = body === undefined ? '' : JSON.stringify(body);
  }

  /** As much of a stream as the SDK reads of an error. */
  get body() {
    const chunks = [Buffer.from(this.#text)];
    return {
      getReader: () => ({
        read: () => Promise.resolve({ value: chunks[0], done: chunks.shift() === undefined }),
        releaseLock: () => undefined,
        cancel: () => Promise.resolve(),
      }),
      cancel: () => Promise.resolve(),
    };
  }

  text(): Promise<string> {
    return Promise.resolve(this.#text);
  }

  json(): Promise<unknown> {
    return Promise.resolve(JSON.parse(this.#text));
  }

  clone(): Answer {
    return this;
  }
}
