import { quoted } from './quoted.ts';

/** Thrown when the configuration is not valid. The message is one line that names each wrong key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: string[]) {
    super(`Wrong configuration: ${problems.join('; ')}. Set it in cdk.json or with -c key=value.`);
  }
}

/** A key's value as JSON. A text in place of a secret's name may be the secret itself. */
export function shown(key: string, value: unknown): string {
  if (value === undefined) return 'not set';
  const isName = typeof value === 'string' && /^(arn:[\w:/+=.@-]+|[\w/+=.-]+)$/.test(value);
  return /secret/i.test(key) && !isName && quoted(value) === JSON.stringify(value)
    ? `a text of ${JSON.stringify(value).length - 2} characters`
    : quoted(value);
}
