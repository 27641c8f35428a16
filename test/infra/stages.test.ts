import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { ConfigError } from '../../infra/config/config-error.ts';
import { parseConfig } from '../../infra/config/config.ts';
import { chooseDeployment, LONGEST_STAGE } from '../../infra/config/stages.ts';
import {
  appWith,
  cdkContext,
  cdkStages as stages,
  stackOf,
  templateWith,
} from '../support/stack-template.ts';

const file = { ...cdkContext, stages };
const everything = {
  stages,
  market: 'alpaca',
  alarmEmail: 'someone@example.com',
  notificationEmail: 'someone@example.com',
  shards: '3',
};

/** Keys under which a template says a name that AWS, MongoDB or CloudWatch knows a thing by; an inline policy's is its role's alone. */
const NAMING = /((?<!Policy)Name|Namespace|_DATABASE|_SECRET_ID|_NAMESPACE)$/;

/** Every such name, with what it names. What CloudFormation makes up, from the stack's name and at random, is not there. */
function namesIn(template: Template): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string' && NAMING.test(key) && key !== 'MetricName' && key !== 'Name') {
      if (!value.startsWith('AWS/')) found.add(`${key} ${value}`);
    } else if (typeof value === 'object' && value !== null) {
      for (const [inner, child] of Object.entries(value)) {
        visit(child, inner);
        if (inner === 'Export') visit(child, 'ExportName');
      }
    }
  };
  visit(template.toJSON(), '');
  const text = JSON.stringify(template.toJSON()).replaceAll('\\', '');
  for (const [, namespace] of text.matchAll(/SEARCH\('\{"?([^",]+)"?,/g)) found.add(`searched ${namespace}`);
  for (const [, namespace] of text.matchAll(/\["([^"]+)","\w+","service"/g)) found.add(`shown ${namespace}`);
  return [...found].sort();
}

describe('two stages', () => {
  const names = (stage: string) => namesIn(templateWith({ ...everything, stage }));

  test('have no name in common with each other or with the deployment without a stage', () => {
    const [dev, prod] = [names('dev'), names('prod')];
    const isFunction = (name: string) => name.startsWith('FunctionName ');
    const functions = dev.filter(isFunction);
    expect(functions.length).toBeGreaterThan(5);
    expect(functions.filter((name) => !name.startsWith('FunctionName OrbitsTrader-dev-'))).toEqual([]);
    expect(dev.filter((name) => !isFunction(name))).toEqual([
      'ALPACA_SECRET_ID orbits-trader/dev/alpaca',
      'DisplayName Orbits Trader alarms',
      'DisplayName OrbitsTrader-dev',
      'MONGODB_DATABASE orbits-trader-dev',
      'MONGODB_SECRET_ID orbits-trader/dev/mongodb',
      'Namespace OrbitsTrader-dev',
      'POWERTOOLS_METRICS_NAMESPACE OrbitsTrader-dev',
      'searched OrbitsTrader-dev',
      'shown OrbitsTrader-dev',
    ]);
    const shared = 'DisplayName Orbits Trader alarms';
    expect(dev.filter((name) => prod.includes(name))).toEqual([shared]);
    const unstaged = namesIn(templateWith({ ...everything }));
    expect(unstaged).toContain('MONGODB_DATABASE orbits-trader');
    expect(dev.filter((name) => unstaged.includes(name))).toEqual([shared]);
  });

  test('are separate stacks, whose outputs no other stack imports', () => {
    expect(stackOf(appWith({ stages, stage: 'dev' })).stackName).toBe('OrbitsTrader-dev');
    expect(stackOf(appWith({ stages, stage: 'prod' })).stackName).toBe('OrbitsTrader-prod');
    expect(JSON.stringify(templateWith({ stages, stage: 'dev' }).toJSON())).not.toContain('"Export"');
  });

  test('may read only their own secrets', () => {
    const policies = JSON.stringify(
      templateWith({ ...everything, stage: 'dev' }).findResources('AWS::IAM::Policy'),
    );
    const secrets = [...policies.matchAll(/:secret:([^"]+)"/g)].map(([, name]) => name);
    expect([...new Set(secrets)].sort()).toEqual([
      'orbits-trader/dev/alpaca-??????',
      'orbits-trader/dev/mongodb-??????',
    ]);
  });
});

describe('a deployment without a stage', () => {
  test('is the one that it was before there were stages', () => {
    const { stackName, context, passing } = chooseDeployment(file, file);
    expect({ stackName, context, passing }).toEqual({
      stackName: 'OrbitsTrader',
      context: cdkContext,
      passing: [],
    });
    for (const fn of Object.values(templateWith().findResources('AWS::Lambda::Function'))) {
      expect(fn['Properties']).not.toHaveProperty('FunctionName');
    }
  });
});

describe('what a stage says', () => {
  const choose = (more: Record<string, unknown>, inFile: Record<string, unknown> = {}) =>
    chooseDeployment({ ...file, ...inFile, ...more }, { ...file, ...inFile });

  test('wins over what all stages share, and the command line over both', () => {
    const inFile = { historyDays: 10, stages: { dev: { quantity: '2', historyDays: 20 }, prod: {} } };
    expect(choose({ stage: 'dev' }, inFile)).toMatchObject({
      context: { quantity: '2', historyDays: 20, databaseName: 'orbits-trader-dev' },
      passing: [],
    });
    expect(choose({ stage: 'prod' }, inFile).context).toMatchObject({ quantity: '1', historyDays: 10 });
    const onTop = choose({ stage: 'dev', historyDays: '30', alarmEmail: 'a@example.com' }, inFile);
    expect(onTop.context).toMatchObject({ quantity: '2', historyDays: '30', alarmEmail: 'a@example.com' });
    expect(onTop.passing).toEqual(['historyDays', 'alarmEmail']);
  });

  test('replaces what a layer below says in another way', () => {
    const stages = { prod: { symbols: 'MSFT' } };
    const plain = { ...file, stages: undefined, symbols: 'MSFT' };
    for (const below of [
      { symbol: 'GOOG' },
      { symbolsFile: 'test/fixtures/symbols-1000.txt' },
      { watchlist: 'store' },
    ]) {
      const { context } = choose({ stage: 'prod' }, { ...below, stages });
      expect(parseConfig(context).watchlist).toEqual(
        parseConfig(chooseDeployment(plain, plain).context).watchlist,
      );
    }
    const onTop = choose({ symbols: 'MSFT' }, { symbolsFile: 'test/fixtures/symbols-1000.txt' });
    expect(onTop.context).toMatchObject({ symbols: 'MSFT' });
    expect(onTop.context).not.toHaveProperty('symbolsFile');
    const size = choose({ orderValue: '500.00' }, { quantity: '1' });
    expect(size.context).toMatchObject({ orderValue: '500.00' });
    expect(size.context).not.toHaveProperty('quantity');
    const secret = choose(
      { stage: 'prod' },
      { mongodbSecretName: 'a', stages: { prod: { mongodbIamHost: 'c.d.net' } } },
    );
    expect(parseConfig(secret.context).mongodb).toEqual({ iamHost: 'c.d.net' });
  });

  test.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { mongodbSecretName: 'x/m' },
      { mongodbSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x/m-AbCdEf' },
    ],
    [{ mongodbSecretName: 'x/m' }, { mongodbSecretName: 'x/m', databaseName: 'D' }],
  ])('may not share the database %j with %j', (a, b) => {
    const stages = { a: { databaseName: 'd', ...a }, b: { databaseName: 'd', ...b } };
    expect(() => choose({ stage: 'a' }, { stages })).toThrow('in the stages a and b, expected one each');
  });

  test('may be another way into MongoDB than a secret of its name', () => {
    const mongodbIamHost = 'c.ab1cd.mongodb.net';
    const { context } = choose({ stage: 'dev', stages: { dev: { mongodbIamHost } } });
    expect(parseConfig(context).mongodb).toEqual({ iamHost: mongodbIamHost });
  });

  test('is chosen by cdk.json too', () => {
    expect(choose({}, { stage: 'prod' }).stackName).toBe('OrbitsTrader-prod');
  });

  test('is what the longest name leaves room for in the names of the functions', () => {
    const name = 'a'.repeat(LONGEST_STAGE);
    const template = templateWith({ stages: { [name]: {} }, stage: name });
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    const lengths = functions.map(
      ({ Properties }) => (Properties as { FunctionName: string }).FunctionName.length,
    );
    expect(Math.max(...lengths)).toBe(64);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ stage: 'staging' }, 'stage is "staging", expected one of dev, prod'],
    [{ stage: 'Dev' }, 'stage is "Dev", expected one of dev, prod'],
    [{ stage: '' }, 'stage is "", expected one of dev, prod'],
    [{ stage: 'constructor' }, 'stage is "constructor", expected one of dev, prod'],
    [{ stage: ['dev'] }, 'stage is ["dev"], expected one of dev, prod'],
    [
      { stage: 'dev', stages: undefined },
      'stage is "dev", expected a stage of "stages" in cdk.json, which has none',
    ],
    [{ stages: 'dev,prod' }, 'stages is not an object, expected {"dev": {...}, "prod": {...}}'],
    [{ stages: ['dev'] }, 'stages is not an object'],
    [{ stages: { dev: 'x' } }, 'stages.dev is not an object, expected keys of the configuration'],
    [{ stages: { dev: { stage: 'prod' } } }, 'stages.dev has stage, expected keys of the configuration'],
    [{ stages: { dev: { stages: {} } } }, 'stages.dev has stages, expected keys of the configuration'],
    [{ stages: { Dev: {} } }, 'stages has "Dev", expected 1 to 18 lower-case letters'],
    [{ stages: { 'a--b': {} } }, 'stages has "a--b", expected'],
    [{ stages: { 'dev-': {} } }, 'stages has "dev-", expected'],
    [{ stages: { '1': {} } }, 'stages has "1", expected'],
    [{ stages: { 'dev/eu': {} } }, 'stages has "dev/eu", expected'],
    [{ stages: { ['a'.repeat(LONGEST_STAGE + 1)]: {} } }, 'expected 1 to 18 lower-case letters'],
  ])('is refused where it is %j', (change, message) => {
    expect(() => choose(change)).toThrow(ConfigError);
    expect(() => choose(change)).toThrow(message);
  });

  test('is checked as every key is', () => {
    const { context } = choose({ stage: 'dev', stages: { dev: { quantty: 1 } } });
    expect(() => parseConfig(context)).toThrow('quantty is not a key');
  });

  test('is refused if two stages would share a database', () => {
    const shared = { databaseName: 'trades', mongodbSecretName: 'atlas' };
    expect(() => choose({ stage: 'dev' }, shared)).toThrow(
      'databaseName is "trades" in the stages dev and prod, expected one each',
    );
    const own = { dev: { databaseName: 'a' }, prod: { databaseName: 'b' } };
    expect(choose({ stage: 'dev' }, { ...shared, stages: own }).context).toMatchObject({ databaseName: 'a' });
    expect(() => choose({ stage: 'dev', databaseName: 'b' }, { ...shared, stages: own })).toThrow(
      'databaseName is "b" in the stages dev and prod',
    );
  });
});

describe('two deployments', () => {
  const choose = ({ stage, ...context }: Record<string, unknown>) => {
    const file = { ...cdkContext, ...context };
    return chooseDeployment({ ...file, stage }, file);
  };
  const stages = { dev: {}, prod: {} };

  test.each<[Record<string, unknown>, string]>([
    [
      { stage: 'dev', stages, market: 'alpaca', alpacaSecretName: 'broker' },
      'alpacaSecretName is "broker" in the stages dev and prod, expected one each',
    ],
    [
      {
        stage: 'dev',
        stages: { dev: { market: 'alpaca', alpacaSecretName: 'orbits-trader/alpaca' } },
        market: 'alpaca',
      },
      'alpacaSecretName is "orbits-trader/alpaca" in the stage dev and without a stage',
    ],
    [
      { stage: 'dev', stages: { dev: {} }, databaseName: 'trades', mongodbIamHost: 'c.d.net' },
      'databaseName is "trades" in the stage dev and without a stage',
    ],
    [
      { stages: { dev: {} }, databaseName: 'trades', mongodbIamHost: 'c.d.net' },
      'databaseName is "trades" in the stage dev and without a stage',
    ],
  ])('may not share a database or an account, as in %j', (context, message) => {
    expect(() => choose(context)).toThrow(ConfigError);
    expect(() => choose(context)).toThrow(message);
  });

  test('may have the same secret of a broker if one of them does not use it', () => {
    const mixed = { dev: {}, prod: { market: 'alpaca' } };
    expect(choose({ stage: 'prod', stages: mixed, alpacaSecretName: 'broker' }).stage).toBe('prod');
  });

  test('are never one of a stage and one without, if cdk.json names a stage', () => {
    const context = { stages: { dev: {} }, databaseName: 'trades', mongodbIamHost: 'c.d.net' };
    const file = { ...cdkContext, ...context, stage: 'dev' };
    expect(chooseDeployment(file, file).stage).toBe('dev');
  });

  test('are both checked, whichever is deployed', () => {
    const wrong = { dev: {}, prod: { quantty: 1, historyDays: 0 } };
    const message =
      'in the stage prod, historyDays is 0, expected a whole number of days from 1 to 3650; ' +
      'in the stage prod, quantty is not a key; did you mean quantity?';
    for (const stage of ['dev', undefined]) expect(() => choose({ stage, stages: wrong })).toThrow(message);
  });
});

describe('a key that is not in cdk.json', () => {
  const warnings = (change: Record<string, unknown>) =>
    Annotations.fromStack(stackOf(appWith(change)))
      .findWarning('*', Match.stringLikeRegexp('Not in cdk.json'))
      .map(({ entry }) => entry.data);

  test('is warned of, for the next deployment does not have it', () => {
    expect(warnings({ maxPosition: '5', stages, stage: 'dev' })).toEqual([
      expect.stringMatching(
        /^Not in cdk\.json: maxPosition\. .* To keep it, write it into cdk\.json below "stages", "dev"\./,
      ),
    ]);
    expect(warnings({ quantity: '2', alarmEmail: 'a@example.com' })).toEqual([
      expect.stringMatching(/^Not in cdk\.json: quantity, alarmEmail\. .* below "context"\./),
    ]);
  });

  test('is not the stage itself, and not a key of another tool', () => {
    expect(warnings({ stages, stage: 'dev' })).toEqual([]);
    expect(warnings({})).toEqual([]);
  });
});
