import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { FunctionContract } from '../../functions/contracts/stock.ts';
import {
  FunctionFailedError,
  FunctionTimeoutError,
  InvalidFunctionRequestError,
  MalformedResponseError,
  toInvokeError,
} from './invoke-errors.ts';

const remoteError = z.looseObject({ errorType: z.string().optional(), errorMessage: z.string().optional() });

/** Invokes Lambdas by their contracts, and awaits the answer. */
export class LambdaInvoker {
  readonly #client: LambdaClient;
  readonly #physicalName: (contractName: string) => string;

  /**
   * @param client made with `maxAttempts: 1`: the retries are ours, and the SDK's own would multiply with them
   * @param physicalName the deployed name of a function, from the name in its contract
   */
  constructor(client: LambdaClient, physicalName: (contractName: string) => string) {
    this.#client = client;
    this.#physicalName = physicalName;
  }

  /** Throws one of `invoke-errors.ts`, each of which names the function. */
  async invoke<Request extends z.ZodType, Response extends z.ZodType>(
    contract: FunctionContract<Request, Response>,
    request: z.input<Request>,
  ): Promise<z.output<Response>> {
    const checked = contract.request.safeParse(request);
    if (!checked.success) throw new InvalidFunctionRequestError(contract.name, oneLine(checked.error));
    const answer = await this.#send(contract.name, JSON.stringify(request));
    const response = contract.response.safeParse(answer);
    if (!response.success) throw new MalformedResponseError(contract.name, oneLine(response.error));
    return response.data;
  }

  async #send(name: string, payload: string): Promise<unknown> {
    let output: InvokeCommandOutput;
    try {
      output = await this.#client.send(
        new InvokeCommand({
          FunctionName: this.#physicalName(name),
          InvocationType: 'RequestResponse',
          Payload: Buffer.from(payload),
        }),
      );
    } catch (error) {
      throw toInvokeError(name, error);
    }
    const answer = parseJson(name, output.Payload?.transformToString() ?? '');
    if (output.FunctionError) throw toFunctionError(name, answer);
    return answer;
  }
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedResponseError(
      name,
      `${(cause as Error).message} in ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
}

function toFunctionError(name: string, answer: unknown): Error {
  const { errorType = 'Error', errorMessage = JSON.stringify(answer) } =
    remoteError.safeParse(answer).data ?? {};
  const remote = { name: errorType, message: errorMessage };
  const timedOut = errorType === 'Sandbox.Timedout' || / Task timed out after /.test(errorMessage);
  return timedOut ? new FunctionTimeoutError(name, remote) : new FunctionFailedError(name, remote);
}

function oneLine(error: z.ZodError): string {
  return z.prettifyError(error).replace(/\s*\n\s*/g, ' ');
}
