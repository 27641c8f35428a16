import { ConfigError } from '../../infra/config/config-error.ts';
import { parseConfig } from '../../infra/config/config.ts';
import { cdkContext, network } from '../support/stack-template.ts';

const parse = (change: Record<string, unknown>) => parseConfig({ ...cdkContext, ...change });

describe('the configuration', () => {
  test('has defaults for everything but the trades themselves', () => {
    expect(parse({})).toEqual({
      watchlist: { inStore: false, variable: 'AMZN', ticks: [{}] },
      quantity: '1',
      orderValue: undefined,
      fractionalShares: false,
      overlap: 'skip',
      strategy: {
        settings: { strategy: 'threshold', sellAbove: '100.00' },
        decidesOnBars: false,
        environment: { SELL_ABOVE: '100.00' },
        priceEnvironment: {},
      },
      schedule: 'cron(30/5 9 ? * MON-FRI *); cron(0/5 10-15 ? * MON-FRI *)',
      timeZone: 'America/New_York',
      scheduleEnabled: true,
      mongodb: { secretName: 'orbits-trader/mongodb' },
      databaseName: 'orbits-trader',
      historyDays: 30,
      maxTickAgeMinutes: 15,
      marketHours: 'regular',
      approval: 'never',
      approvalTimeoutMinutes: 60,
      market: { name: 'simulated' },
      limits: undefined,
      logRetentionDays: 30,
      alarmEmail: undefined,
      orchestratorTimeoutSeconds: 60,
      orchestratorMemoryMb: 512,
      vpc: undefined,
      orchestratorVariables: {
        QUANTITY: '1',
        HISTORY_DAYS: '30',
        MAX_TICK_AGE_MINUTES: '15',
        MARKET_HOURS: 'regular',
        OVERLAP: 'skip',
        APPROVAL_TIMEOUT_MINUTES: '60',
      },
    });
  });

  test('takes values as text and as what they are', () => {
    for (const [text, value] of [
      [
        { historyDays: '90', scheduleEnabled: 'false' },
        { historyDays: 90, scheduleEnabled: false },
      ],
    ] as const) {
      expect(parse(text)).toEqual(parse(value));
    }
  });

  test.each([
    [{ symbol: 'MSFT' }, { watchlist: { inStore: false, variable: 'MSFT', ticks: [{}] } }],
    [{ symbols: 'MSFT,BRK.B' }, { watchlist: { inStore: false, variable: 'MSFT,BRK.B', ticks: [{}] } }],
    [{ schedule: 'cron(0 9 ? * 2#1 *)' }, { schedule: 'cron(0 9 ? * 2#1 *)' }],
    [{ schedule: ['rate(1 hour)', 'rate(1 day)'] }, { schedule: 'rate(1 hour); rate(1 day)' }],
    [{ schedule: 'rate(1 hour);rate(1 day)' }, { schedule: 'rate(1 hour); rate(1 day)' }],
    [
      { maxOrderQuantity: '5', maxDailyValue: '1000.00', allowShortSelling: 'false' },
      {
        limits: {
          ...{ maxOrderQuantity: '5', maxDailyValue: '1000.00', allowShortSelling: false },
          timeZone: 'America/New_York',
        },
      },
    ],
    [
      { strategy: 'moving-average', shortWindow: '3', longWindow: 9, barMinutes: 60 },
      {
        strategy: {
          environment: { STRATEGY: 'moving-average', SHORT_WINDOW: '3', LONG_WINDOW: '9' },
          decidesOnBars: true,
          priceEnvironment: { RECENT_PRICES: '18', BAR_MINUTES: '60' },
        },
      },
    ],
    [
      { market: 'alpaca' },
      {
        market: {
          ...{ name: 'alpaca', secretName: 'orbits-trader/alpaca', isLive: false, feed: 'iex' },
          ...{ tradingUrl: 'https://paper-api.alpaca.markets', dataUrl: 'https://data.alpaca.markets' },
        },
        limits: {
          ...{ allowShortSelling: false, maxPriceAgeMinutes: 15, maxPriceMovePercent: '2' },
          timeZone: 'America/New_York',
        },
      },
    ],
    [
      { market: 'alpaca', alpacaLive: 'true', allowShortSelling: 'true' },
      {
        market: { isLive: true, tradingUrl: 'https://api.alpaca.markets' },
        limits: { allowShortSelling: true, maxPriceAgeMinutes: 15, maxPriceMovePercent: '2' },
      },
    ],
    [
      { market: 'alpaca', maxPriceAgeMinutes: '60', maxPriceMovePercent: '0.5' },
      { limits: { maxPriceAgeMinutes: 60, maxPriceMovePercent: '0.5' } },
    ],
    [
      { market: 'alpaca', allowShortSelling: true, maxPriceAgeMinutes: 'off', maxPriceMovePercent: 'off' },
      { limits: undefined },
    ],
    [{ maxPriceAgeMinutes: 'off' }, { limits: undefined }],
    [{ allowShortSelling: true }, { limits: undefined }],
    [{ mongodbSecretName: 'mine' }, { mongodb: { secretName: 'mine' } }],
    [{ databaseName: 'administration' }, { databaseName: 'administration' }],
    [{ symbols: 'brk.b', market: 'alpaca' }, { watchlist: { variable: 'BRK.B' } }],
    [{ mongodbIamHost: 'c.mongodb.net' }, { mongodb: { iamHost: 'c.mongodb.net' } }],
    [
      network,
      {
        vpc: {
          id: network.vpcId,
          subnetIds: network.subnetIds.split(','),
          securityGroupIds: [network.securityGroupIds],
        },
      },
    ],
  ])('takes %j', (change, expected) => {
    expect(parse(change)).toMatchObject(expected);
  });

  test.each([
    [{ symbols: '$amzn' }, 'symbols is "$amzn", expected symbols separated by commas'],
    [{ symbols: 'BTC/USD/X' }, 'symbols is "BTC/USD/X", expected symbols separated by commas'],
    [{ symbols: '/USD' }, 'symbols is "/USD", expected symbols separated by commas'],
    [{ symbols: 'AMZN,BTC/USD', market: 'alpaca' }, 'the symbol BTC/USD is not a US stock'],
    [{ symbol: '7203.t', market: 'alpaca' }, 'the symbol 7203.T is not a US stock'],
    [{ databaseName: 'admin' }, 'databaseName is "admin", expected'],
    [{ databaseName: 'Local' }, 'databaseName is "Local", expected'],
    [{ databaseName: 'CONFIG' }, 'databaseName is "CONFIG", expected'],
    [{ databaseName: 'x'.repeat(64) }, 'expected 1 to 38 letters'],
    [{ databaseName: 'a/b' }, 'databaseName is "a/b", expected'],
    [{ symbols: 'AMZN,' }, 'symbols is "AMZN,", expected symbols separated by commas'],
    [{ symbol: 'A,B' }, 'symbol is "A,B", expected one symbol'],
    [{ quantity: '0' }, 'quantity is "0", expected a number of shares'],
    [{ quantity: 1.5 }, 'quantity is 1.5, expected a number of shares'],
    [{ quantity: '' }, 'quantity is "", expected a number of shares'],
    [{ quantity: undefined }, 'quantity is not set, expected a number of shares'],
    [{ orderValue: '500.00' }, 'quantity is "1" and orderValue is "500.00", expected one of them'],
    [{ quantity: undefined, orderValue: 500 }, 'orderValue is 500, expected an amount in dollars as text'],
    [{ fractionalShares: true }, 'fractionalShares is true, expected orderValue with it'],
    [{ sellAbove: 'high' }, 'sellAbove is "high", expected a price'],
    [{ sellAbove: 100 }, 'sellAbove is 100, expected a price as text'],
    [{ schedule: 'daily' }, 'schedule is "daily", expected an EventBridge Scheduler cron(...)'],
    [{ schedule: 'rate(0 minutes)' }, 'schedule is "rate(0 minutes)", expected'],
    [{ schedule: 'cron(99 9 ? * MON *)' }, 'schedule is "cron(99 9 ? * MON *)", expected'],
    [{ schedule: 'cron(0 9 30 2 ? *)' }, 'or as a list (there is no such day)'],
    [{ schedule: [] }, 'schedule is [], expected'],
    [{ schedule: 'rate(1 hour); cron(0 9 30 2 ? *)' }, '(there is no such day)'],
    [{ marketHours: 'sometimes' }, 'marketHours is "sometimes", expected "regular" or "always"'],
    [{ schedule: 'cron(0 9 * * 1 *)' }, '(exactly one of day-of-month and day-of-week is ?)'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone is "Mars/Olympus", expected an IANA time zone'],
    [{ scheduleEnabled: 'yes' }, 'scheduleEnabled is "yes", expected true or false'],
    [{ mongodbSecretArn: 'arn:aws:s3:::b' }, 'mongodbSecretArn is "arn:aws:s3:::b", expected the whole ARN'],
    [{ mongodbIamHost: 'localhost' }, 'mongodbIamHost is "localhost", expected the host of a cluster'],
    [
      { mongodbSecretName: 'a', mongodbIamHost: 'c.mongodb.net' },
      'mongodbSecretName is "a" and mongodbIamHost is "c.mongodb.net", expected only one of them',
    ],
    [{ databaseName: 'a.b' }, 'databaseName is "a.b", expected 1 to 38 letters'],
    [{ historyDays: 0 }, 'historyDays is 0, expected a whole number of days'],
    [
      { logRetentionDays: 31 },
      'logRetentionDays is 31, expected a number of days that CloudWatch Logs knows: 1, 3,',
    ],
    [{ maxOrderValue: 1000 }, 'maxOrderValue is 1000, expected an amount in dollars as text'],
    [{ maxPosition: '0' }, 'maxPosition is "0", expected a number of shares'],
    [
      { maxPriceMovePercent: '5%' },
      'maxPriceMovePercent is "5%", expected a percentage as text, such as "2.5", or "off"',
    ],
    [{ maxPriceAgeMinutes: '0' }, 'maxPriceAgeMinutes is "0", expected a whole number of minutes'],
    [{ market: 'nyse' }, 'market is "nyse", expected "simulated" or "alpaca"'],
    [{ alpacaLive: true }, 'alpacaLive is true, expected market=alpaca with it'],
    [{ alpacaTradingUrl: 'broker/' }, 'alpacaTradingUrl is "broker/", expected a URL without a slash'],
    [{ strategy: 'luck' }, 'strategy is "luck", expected "threshold" or "moving-average"'],
    [{ strategy: 'moving-average', shortWindow: 20 }, 'shortWindow is 20, expected less than longWindow, 20'],
    [{ barMinutes: 7 }, 'barMinutes is 7, expected a whole number of minutes that divides an hour'],
    [{ barMinutes: 90 }, 'barMinutes is 90, expected a whole number of minutes that divides an hour'],
    [{ alarmEmail: 'me' }, 'alarmEmail is "me", expected an e-mail address'],
    [
      { orchestratorTimeoutSeconds: 901 },
      'orchestratorTimeoutSeconds is 901, expected a whole number of seconds',
    ],
    [{ orchestratorMemoryMb: 128 }, 'orchestratorMemoryMb is 128, expected a whole number of megabytes'],
    [{ vpcId: 'mine' }, 'vpcId is "mine", expected the id of a VPC'],
    [{ vpcId: network.vpcId }, 'subnetIds is not set, expected ids of subnets'],
    [{ ...network, subnetIds: 'a,b' }, 'subnetIds is "a,b", expected ids of subnets'],
    [{ tickers: 'AMZN' }, 'tickers is not a key, expected one of symbols, symbol, symbolsFile'],
    [{ symbool: 'AMZN' }, 'symbool is not a key; did you mean symbol?'],
    [{ sybmols: 'AMZN' }, 'sybmols is not a key; did you mean symbols?'],
    [{ max_position: '1' }, 'max_position is not a key; did you mean maxPosition?'],
    [{ 'max-position': '1' }, 'max-position is not a key; did you mean maxPosition?'],
    [{ symbols2: 'AMZN' }, 'symbols2 is not a key; did you mean symbols?'],
    [{ timezone: 'UTC' }, 'timezone is not a key; did you mean timeZone?'],
  ])('refuses %j in a line that names the key', (change, message) => {
    expect(() => parse(change)).toThrow(ConfigError);
    expect(() => parse(change)).toThrow(message);
    expect(() => parse(change)).not.toThrow(/\n/);
  });

  test('has orders of shares, or of dollars', () => {
    const change = { quantity: undefined, orderValue: '500.00', fractionalShares: 'true' };
    const { orchestratorVariables } = parse(change);
    expect(orchestratorVariables).toMatchObject({ ORDER_VALUE: '500.00', FRACTIONAL_SHARES: 'true' });
    expect(orchestratorVariables).not.toHaveProperty('QUANTITY');
  });

  test('names every wrong key at once', () => {
    expect(() => parse({ quantity: 'x', historyDays: 'y' })).toThrow(/quantity is "x".*; historyDays is "y"/);
  });

  test('does not repeat a URI with a password as the value of the wrong key', () => {
    const uri = 'mongodb+srv://trader:open-sesame@c.mongodb.net';
    for (const key of ['mongodbSecretName', 'mongodbIamHost', 'databaseName']) {
      expect(() => parse({ [key]: uri })).toThrow(`${key} is "mongodb+srv***"`);
      expect(() => parse({ [key]: uri })).not.toThrow('open-sesame');
    }
  });

  test.each([
    [{ mongodbSecretName: 'mongodb://user:p@hunter2' }],
    [{ alpacaSecretName: 'PKABCDEF1234:hunter2' }],
    [{ alpacaSecretName: '{"keyId":"k","secretKey":"hunter2"}' }],
    [{ alpacaTradingUrl: 'hunter2=x https://u:hunter2@h' }],
    [{ databaseName: 'mongodb%3A%2F%2Fu%3Ahunter2' }],
    [{ symbols: 'MONGODB_URI=hunter2' }],
  ])('does not repeat a secret as the value of the wrong key: %j', (change) => {
    const shown = JSON.stringify(change).includes('hunter2=x') ? /u:hunter2/ : /hunter2/;
    expect(() => parse(change)).toThrow(ConfigError);
    expect(() => parse(change)).not.toThrow(shown);
  });

  test('ignores the keys of other tools', () => {
    expect(parse({ 'aws:cdk:x': 1, '@aws-cdk/core:y': true, 'cli-telemetry': false })).toEqual(parse({}));
  });
});
