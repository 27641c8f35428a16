import * as z from 'zod';

const required = (what: string) =>
  z.string(`is not set; the stack sets it to ${what}`).min(1, `is empty; the stack sets it to ${what}`);

const environment = z.object({
  MONGODB_SECRET_ID: required('the name of the secret that holds the MongoDB URI'),
  MONGODB_DATABASE: required('the name of the database'),
  SYMBOLS: required('the symbols that a tick trades, separated by commas').transform((list) =>
    list.split(','),
  ),
  HISTORY_DAYS: required('how many days finished runs are kept').transform(Number).pipe(z.int().min(1)),
  MAX_TICK_AGE_MINUTES: required('how late a tick may come').transform(Number).pipe(z.int().min(1)),
  QUANTITY: required('the number of shares in an order').transform(Number).pipe(z.int().min(1)),
});

export interface Config {
  secretId: string;
  database: string;
  symbols: string[];
  quantity: number;
  /** How long a finished run and its steps are kept. */
  historyDays: number;
  /** A tick that comes later than this after its scheduled time trades nothing. */
  maxTickAgeMinutes: number;
  /** The deployed name of a function, from its name in the contract. */
  physicalName(contractName: string): string;
}

/** The orchestrator's configuration, from the environment that the stack gives it. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues
      .map(({ path, message }) => `${path.join('.')} ${message}`)
      .join('; ');
    throw new Error(`The orchestrator's environment is incomplete: ${problems}. Deploy the stack again.`);
  }
  const { MONGODB_SECRET_ID, MONGODB_DATABASE, SYMBOLS, QUANTITY, HISTORY_DAYS, MAX_TICK_AGE_MINUTES } =
    parsed.data;
  return {
    secretId: MONGODB_SECRET_ID,
    database: MONGODB_DATABASE,
    symbols: SYMBOLS,
    quantity: QUANTITY,
    historyDays: HISTORY_DAYS,
    maxTickAgeMinutes: MAX_TICK_AGE_MINUTES,
    physicalName: (contractName) => functionName(env, contractName),
  };
}

function functionName(env: NodeJS.ProcessEnv, contractName: string): string {
  const variable = `FUNCTION_${contractName.toUpperCase().replaceAll('-', '_')}`;
  const name = env[variable];
  if (!name)
    throw new Error(`${variable} is not set; the stack sets it to the name of the function ${contractName}.`);
  return name;
}
