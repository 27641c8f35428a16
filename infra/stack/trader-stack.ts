import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import type { TraderConfig } from '../config/config.ts';
import { TraderDashboard } from './dashboard.ts';
import { DeadLetters } from './dead-letters.ts';
import { MarketAccess } from './market-access.ts';
import { MongodbAccess } from './mongodb-access.ts';
import { NodeFunction } from './node-function.ts';
import { neededTargets, warnOfMissingWays } from './network-ways.ts';
import { Notifications } from './notifications.ts';
import { Orchestrator } from './orchestrator.ts';
import { Outputs } from './outputs.ts';
import { PrivateNetwork } from './private-network.ts';
import { TickSchedule } from './tick-schedule.ts';

export interface TraderStackProps extends StackProps {
  /** Whether the functions' names are the stack's name and their own; otherwise CloudFormation adds a random end. */
  hasNamedFunctions?: boolean;
}

/** The stock functions, the orchestrator that may invoke them, the schedules that fire it, and their alarms. */
export class TraderStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    config: TraderConfig,
    { hasNamedFunctions = false, ...props }: TraderStackProps = {},
  ) {
    super(scope, id, props);
    const mongodb = new MongodbAccess(config.mongodb, config.databaseName);
    const network = config.vpc && new PrivateNetwork(this, 'network', config.vpc);
    warnOfMissingWays(this, config);

    // They work for milliseconds, without a connection. The memory is for the processor that loads zod in a cold start.
    // The orchestrator waits 12 seconds for an answer, so no function may take more than 10.
    const small = {
      memorySize: 256,
      timeout: Duration.seconds(10),
      logRetention: config.logRetentionDays,
      namePrefix: hasNamedFunctions ? this.stackName : undefined,
    };
    // The driver, TLS and the derivation of the password need processor time.
    const connected = { ...small, memorySize: 512, ...network?.placement };

    const market = new MarketAccess(this, config.market, config.limits);
    const price = new NodeFunction(this, 'check-stock-price', {
      ...small,
      bundling: market.bundling,
      entry: 'functions/check-stock-price.ts',
      environment: config.strategy.priceEnvironment,
    });
    const recommendation = new NodeFunction(this, 'generate-buy-sell-recommendation', {
      ...small,
      entry: 'functions/generate-buy-sell-recommendation.ts',
      environment: config.strategy.environment,
    });
    const hours = new NodeFunction(this, 'check-market-hours', {
      ...small,
      bundling: market.bundling,
      entry: 'functions/check-market-hours.ts',
    });
    const { limits } = config;
    const trading = {
      ...connected,
      bundling: market.bundling,
      ...(limits && { environment: { LIMITS: JSON.stringify(limits) } }),
    };
    const buy = new NodeFunction(this, 'buy-stock', { ...trading, entry: 'functions/buy-stock.ts' });
    const sell = new NodeFunction(this, 'sell-stock', { ...trading, entry: 'functions/sell-stock.ts' });

    // Only a broker has an account, which the doctor asks about, and something that the ledger is compared with.
    const hasBroker = config.market.name !== 'simulated';
    const asking = { ...small, bundling: market.bundling, entry: 'functions/check-account.ts' };
    const comparing = { ...trading, entry: 'functions/reconcile-ledger.ts' };
    const account = hasBroker ? [new NodeFunction(this, 'check-account', asking)] : [];
    const reconcile = hasBroker ? [new NodeFunction(this, 'reconcile-ledger', comparing)] : [];

    for (const fn of [price, hours, buy, sell, ...account, ...reconcile]) market.grantTo(fn);

    const failedTicks = new DeadLetters(this, 'failed-ticks');
    const undeliveredTicks = new DeadLetters(this, 'undelivered-ticks');
    const orchestratorTimeout = Duration.seconds(config.orchestratorTimeoutSeconds);
    const orchestrator = new Orchestrator(this, 'orchestrator', {
      ...connected,
      // A minute is enough for some twenty steps, and 512 MB for both MongoDB layers and their start.
      memorySize: config.orchestratorMemoryMb,
      timeout: orchestratorTimeout,
      watchlist: config.watchlist,
      variables: config.orchestratorVariables,
      checkLimits: limits !== undefined,
      decidesOnBars: config.strategy.decidesOnBars,
      deadLetterQueue: failedTicks,
    });
    const withMongodb = [orchestrator, buy, sell, ...reconcile];
    for (const fn of withMongodb) {
      mongodb.grantTo(fn);
      network?.grantTo(fn);
    }
    if (config.notificationEmail !== undefined) {
      new Notifications(this, 'notifications', config.notificationEmail).grantTo(orchestrator);
    }
    const stockFunctions = [price, recommendation, hours, buy, sell, ...account, ...reconcile];
    for (const target of stockFunctions) orchestrator.mayInvoke(target);

    new TickSchedule(this, 'tick', {
      orchestrator,
      deadLetterQueue: undeliveredTicks,
      ticks: config.watchlist.ticks,
      schedule: config.schedule,
      timeZone: config.timeZone,
      enabled: config.scheduleEnabled,
    });

    const watched = {
      orchestrator,
      functions: [orchestrator, ...stockFunctions],
      hasBroker,
      deadLetterQueues: [failedTicks, undeliveredTicks],
    };
    const { dashboard } = new TraderDashboard(this, 'overview', watched);
    new Alarms(this, 'alarms', { ...watched, ...config, orchestratorTimeout, email: config.alarmEmail });
    new Outputs(this, 'outputs', {
      ...config,
      orchestrator,
      withMongodb,
      dashboard,
      mongodb,
      targets: neededTargets(config),
    });
  }
}
