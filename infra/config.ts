import * as z from 'zod';

const text = z.string().min(1);

/** The stack's configuration: CDK context, from `cdk.json` or `-c key=value`. */
const traderConfig = z.object({
  symbols: z
    .string()
    .regex(
      /^[A-Z][A-Z0-9.-]{0,9}(,[A-Z][A-Z0-9.-]{0,9})*$/,
      'symbols separated by commas, such as "AMZN,BRK.B"',
    ),
  quantity: z.string().regex(/^[1-9]\d{0,5}$/, 'a whole number of shares from 1 to 999999'),
  sellAbove: z.string().regex(/^(?=.*[1-9])(0|[1-9]\d{0,11})(\.\d{1,4})?$/, 'a price such as "100.00"'),
  schedule: z.string().regex(/^(cron|rate)\(.+\)$/, 'an EventBridge cron(...) or rate(...) expression'),
  historyDays: z.string().regex(/^[1-9]\d{0,3}$/, 'a number of days from 1 to 9999'),
  maxTickAgeMinutes: z.string().regex(/^[1-9]\d{0,3}$/, 'a number of minutes from 1 to 9999'),
  timeZone: z.string().refine(isTimeZone, 'an IANA time zone'),
  mongodbSecretName: text,
  databaseName: z.string().regex(/^[A-Za-z0-9_-]{1,38}$/, '1 to 38 letters, digits, "-" or "_"'),
});
export type TraderConfig = z.infer<typeof traderConfig>;

function isTimeZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}

/** Thrown when a context value is not one that the stack takes; the message names each key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export function parseConfig(context: (key: string) => unknown): TraderConfig {
  const values = Object.fromEntries(Object.keys(traderConfig.shape).map((key) => [key, context(key)]));
  const parsed = traderConfig.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const key = path.join('.');
    return `${key} is ${JSON.stringify(values[key]) ?? 'not set'}, expected ${message}`;
  });
  throw new ConfigError(
    `Wrong configuration: ${problems.join('; ')}. Set it in cdk.json or with -c key=value.`,
  );
}
