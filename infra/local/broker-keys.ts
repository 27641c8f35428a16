import { UsageError } from './options.ts';
import type { LocalFunction } from './template.ts';

export interface BrokerKeys {
  keyId: string;
  secretKey: string;
}

/** The keys of a person's own account, from the variables that Alpaca's tools read. */
export function brokerKeysOf(env: NodeJS.ProcessEnv): BrokerKeys | undefined {
  const { APCA_API_KEY_ID: keyId, APCA_API_SECRET_KEY: secretKey } = env;
  return keyId && secretKey ? { keyId, secretKey } : undefined;
}

/** The secret with the broker's keys, by its id; empty with the simulated market. */
export function brokerSecret(
  functions: LocalFunction[],
  keys: BrokerKeys | undefined,
): Record<string, string> {
  const id = functions.map(({ environment }) => environment['ALPACA_SECRET_ID']).find(Boolean);
  if (id === undefined) return {};
  if (keys) return { [id]: JSON.stringify(keys) };
  throw new UsageError(
    'market=alpaca needs the keys of an Alpaca account: set APCA_API_KEY_ID and APCA_API_SECRET_KEY.',
  );
}
