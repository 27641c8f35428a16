import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Fault, HttpAnswer } from './fault-boundary.ts';

/** Headers of one connection, which are not passed on. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** A proxy before the APIs of AWS that the orchestrator calls: a fault may happen around each invocation. */
export class LambdaProxy {
  readonly #fault: Fault;
  readonly #server = createServer((asked, response) => {
    const exchange = this.#serve(asked, response).catch(() => void response.destroy());
    this.#underWay.add(exchange);
    void exchange.finally(() => this.#underWay.delete(exchange));
  });
  readonly #underWay = new Set<Promise<unknown>>();
  #upstream = '';

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serve(upstream: string): void {
    this.#upstream = upstream;
  }

  /** Resolves when no invocation is under way: one goes on after its caller is gone. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await this.idle();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new Promise((resolve) => response.once('close', resolve));
    const body = await text(asked);
    const boundary = { kind: 'invocation', name: nameOf(asked) } as const;

    let verdict = await this.#fault({ ...boundary, phase: 'received' });
    let answer: HttpAnswer | undefined;
    if (!verdict) {
      answer = await forward(`${this.#upstream}${asked.url}`, asked, body);
      verdict = await this.#fault({ ...boundary, phase: 'answered', answer });
    }
    if (verdict === 'swallowed') await gone;
    if (typeof verdict === 'string') {
      response.destroy();
      return;
    }
    const breaksOff = verdict && 'answer' in verdict && verdict.breaksOff;
    if (verdict && 'answer' in verdict) answer = verdict.answer;
    respond(response, answer!, breaksOff ? 1 : 0);
  }
}

/** @param missing bytes that the header promises and that never come */
function respond(response: ServerResponse, { status, headers, body }: HttpAnswer, missing: number): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) + missing });
  if (missing === 0) response.end(body);
  else response.write(body, () => response.destroy());
}

/** The function that is invoked, or the other operation that is asked for. */
function nameOf({ url = '', headers }: IncomingMessage): string {
  return /functions\/([^/]+)\/invocations/.exec(url)?.[1] ?? String(headers['x-amz-target'] ?? url);
}

function forward(url: string, asked: IncomingMessage, body: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: asked.method, headers: asked.headers }, (answered) => {
      const headers = Object.entries(answered.headers).filter(([name]) => !HOP_BY_HOP.has(name));
      const toAnswer = (received: string) =>
        resolve({
          status: answered.statusCode!,
          headers: Object.fromEntries(headers) as Record<string, string>,
          body: received,
        });
      text(answered).then(toAnswer, reject);
    });
    sent.on('error', reject).end(body);
  });
}
