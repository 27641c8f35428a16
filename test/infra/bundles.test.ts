import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { synthesize } from '../../infra/local/synthesize.ts';
import { readStack, type LocalFunction } from '../../infra/local/template.ts';
import { assemblyDir, root } from '../support/local-app.ts';
import { figuresOfTest, table } from '../support/figures.ts';

const LIMITS: Record<string, number> = {
  'OrbitsTrader-check-stock-price': 150_000,
  'OrbitsTrader-check-market-hours': 150_000,
  'OrbitsTrader-generate-buy-sell-recommendation': 150_000,
  'OrbitsTrader-buy-stock': 1_000_000,
  'OrbitsTrader-sell-stock': 1_000_000,
  'OrbitsTrader-orchestrator': 1_750_000,
};

let functions: LocalFunction[];
beforeAll(async () => {
  ({ functions } = readStack(await synthesize(root, assemblyDir)));
});

/** The packages whose files went into a bundle, each by the folder that it was found in. */
function packagesIn({ file }: LocalFunction): Set<string> {
  const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] };
  const folders = sources.map((source) => /.*node_modules\/(@[^/]+\/)?[^/]+/.exec(source)?.[0]);
  return new Set(folders.flatMap((folder) => folder ?? []).map((folder) => folder.replace(/^(\.\.\/)*/, '')));
}

const sizes: (string | number)[][] = [];
afterAll(() =>
  figuresOfTest('docs/performance.md', 'test/infra/bundles', table(['bundle', 'bytes', 'limit'], sizes)),
);

test('every bundle is within its limit', () => {
  expect(functions.map(({ name }) => name).sort()).toEqual(Object.keys(LIMITS).sort());
  for (const fn of functions) {
    const bytes = statSync(fn.file).size;
    sizes.push([fn.name, bytes, LIMITS[fn.name]!]);
    expect(bytes).toBeLessThanOrEqual(LIMITS[fn.name]!);
  }
});

test('the broker is only in the bundles of market=alpaca, and its streams are in none', async () => {
  const broker = (fn: LocalFunction) =>
    [...packagesIn(fn)].filter((name) => /alpaca|\/ws$|msgpack/.test(name));
  expect(functions.flatMap(broker)).toEqual([]);

  const { functions: ofAlpaca } = readStack(await synthesize(root, assemblyDir, { market: 'alpaca' }));
  for (const name of [
    'check-stock-price',
    'check-market-hours',
    'buy-stock',
    'sell-stock',
    'reconcile-ledger',
  ]) {
    const fn = ofAlpaca.find((found) => found.name === `OrbitsTrader-${name}`)!;
    expect(broker(fn)).toEqual(['node_modules/@alpacahq/alpaca-trade-api']);
    const bytes = statSync(fn.file).size;
    const limit = name.startsWith('check-') ? 650_000 : 1_350_000;
    sizes.push([`${fn.name} with market=alpaca`, bytes, limit]);
    expect(bytes).toBeLessThanOrEqual(limit);
  }
  const others = ofAlpaca.filter(({ name }) => /orchestrator|recommendation/.test(name));
  expect(others.flatMap(broker)).toEqual([]);
});

test('price and recommendation contain neither MongoDB nor the AWS SDK', () => {
  for (const fn of functions.filter(({ name }) => /price|recommendation/.test(name))) {
    const packages = [...packagesIn(fn)];
    expect(packages).toContain('node_modules/zod');
    expect(packages.filter((name) => /mongo|bson|@aws|@smithy/.test(name))).toEqual([]);
    expect(readFileSync(fn.file, 'utf8')).not.toContain('@aws-sdk/');
  }
});

test('the orchestrator contains one MongoDB driver, and no function contains the AWS SDK', () => {
  const orchestrator = functions.find(({ name }) => name.endsWith('orchestrator'))!;
  const drivers = [...packagesIn(orchestrator)].filter((name) => /\/(mongodb|bson)$/.test(name));
  expect(drivers.sort()).toEqual(['node_modules/bson', 'node_modules/mongodb']);
  for (const fn of functions) {
    expect([...packagesIn(fn)].filter((name) => name.includes('@aws-sdk/'))).toEqual([]);
  }
});

test('an asset is the bundle and its source map, and nothing else', () => {
  for (const { file } of functions) {
    expect(existsSync(`${file}.map`)).toBe(true);
    expect(JSON.parse(readFileSync(`${file}.map`, 'utf8'))).not.toHaveProperty('sourcesContent');
  }
});

describe("Node's own URL, in the place of whatwg-url,", () => {
  const uris = [
    'mongodb://127.0.0.1:27017',
    'mongodb://127.0.0.1:27017/?directConnection=true',
    'mongodb+srv://user:p%40ss%2Fw%3Ard@cluster0.ab1cd.mongodb.net/db?retryWrites=true&w=majority&appName=a%20b',
    'mongodb://a.example:1,b.example:2,c.example:3/?replicaSet=rs0&readPreference=secondaryPreferred',
    'mongodb://u@[::1]:27017/db?authMechanism=MONGODB-AWS&authSource=%24external',
    'mongodb://%2Ftmp%2Fmongodb-27017.sock/db?tls=false',
    'mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN%3Aa%2Bb&READPREFERENCETAGS=dc:ny,rack:1&readPreferenceTags=',
    'mongodb://münchen.example/?appName=ü',
    'mongodb://u:p@h/?w=1#fragment',
    'mongodb+srv://a.example,b.example/',
    'mongodb://:@h',
    'mongodb://user:p@ss@h/',
    'http://h',
    'mongodb://',
  ];

  /** The driver's parser, bundled with or without the stack's replacement. */
  async function parser(alias: Record<string, string>): Promise<(uri: string) => unknown> {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { ConnectionString } from 'mongodb-connection-string-url';
          export default (uri) => {
            try {
              const parsed = new ConnectionString(uri);
              const { hosts, username, password, pathname, isSRV } = parsed;
              const options = [...parsed.searchParams].map(([key]) => [key, parsed.searchParams.getAll(key.toUpperCase())]);
              return { hosts, username, password, pathname, isSRV, options, text: parsed.toString(), safe: parsed.redact().toString() };
            } catch (error) {
              return error.name;
            }
          };`,
        resolveDir: root,
      },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      alias,
      banner: {
        js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(root, 'index.js'))});`,
      },
    });
    const code = Buffer.from(outputFiles[0]!.contents).toString('base64');
    return ((await import(`data:text/javascript;base64,${code}`)) as { default: (uri: string) => unknown })
      .default;
  }

  test('reads every URI alike', async () => {
    const [theirs, ours] = [await parser({}), await parser({ 'whatwg-url': 'node:url' })];
    expect(uris.map(ours)).toEqual(uris.map(theirs));
    expect(ours(uris[2]!)).toMatchObject({ hosts: ['cluster0.ab1cd.mongodb.net'], isSRV: true });
    expect(ours(uris.at(-1)!)).toBe('MongoParseError');
  });
});
