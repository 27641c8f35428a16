import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { secretsClientOptions } from '../../shared/client-options.ts';
import { fromEnvironment, requiredVariable } from '../../shared/environment.ts';
import { keepSecret } from '../../shared/secrets/known-secrets.ts';
import { alpacaMarket } from './alpaca.ts';
import { Broker } from './broker.ts';
import { BrokerKeysError } from './errors.ts';

/** How long the keys are used before Secrets Manager is asked again. */
const KEYS_SECONDS = 300;

const secrets = new SecretsProvider({ awsSdkV3Client: new SecretsManagerClient(secretsClientOptions) });
const feed = z.enum(['iex', 'sip']);
// They travel in headers, which take no other characters; a newline at the end is what a file or a paste adds.
const key = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/);
const keys = z.object({ keyId: key, secretKey: key });

/** Which accounts the trading API at the URL is of. */
export const accounts = fromEnvironment(() =>
  z.enum(['paper', 'live']).parse(process.env['ALPACA_ACCOUNTS']),
);

let latest: { keys: string; broker: Broker } | undefined;

/** Works with the broker, with the keys of the stack's secret. */
export async function useBroker<T>(work: (broker: Broker) => Promise<T>): Promise<T> {
  try {
    return await work(await connect());
  } catch (error) {
    if (!(error instanceof BrokerKeysError)) throw error;
    // They may have been changed. Nothing was done with those that were refused.
    return work(await connect({ fresh: true }));
  }
}

export const alpaca = alpacaMarket(accounts, useBroker);

/** One for as long as the keys stay as they are: it knows the number of their account. */
async function connect({ fresh = false } = {}): Promise<Broker> {
  const secretId = requiredVariable('ALPACA_SECRET_ID');
  const text = String(await secrets.get(secretId, { maxAge: KEYS_SECONDS, forceFetch: fresh }));
  if (latest?.keys !== text) {
    const broker = new Broker({
      ...parseKeys(secretId, text),
      tradingUrl: requiredVariable('ALPACA_TRADING_URL'),
      dataUrl: requiredVariable('ALPACA_DATA_URL'),
      feed: fromEnvironment(() => feed.parse(requiredVariable('ALPACA_FEED'))),
    });
    latest = { keys: text, broker };
  }
  return latest.broker;
}

/** The error says nothing of what the secret holds. */
function parseKeys(secretId: string, text: string): z.infer<typeof keys> {
  keepSecret(text);
  try {
    return keys.parse(JSON.parse(text));
  } catch {
    throw new BrokerKeysError(
      `The secret ${secretId} does not have the broker's keys. Store {"keyId":"...","secretKey":"..."} in it.`,
    );
  }
}
