import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { TraderConfig } from './config.ts';
import { NodeFunction } from './node-function.ts';
import { Orchestrator } from './orchestrator.ts';
import { TickSchedule } from './tick-schedule.ts';

/** The stock functions, the orchestrator that may invoke them, and the schedule that fires it. */
export class TraderStack extends Stack {
  constructor(scope: Construct, id: string, config: TraderConfig, props?: StackProps) {
    super(scope, id, props);
    const mongodb = {
      secret: Secret.fromSecretNameV2(this, 'mongodb-secret', config.mongodbSecretName),
      database: config.databaseName,
    };

    const price = new NodeFunction(this, 'check-stock-price', { entry: 'functions/check-stock-price.ts' });
    const recommendation = new NodeFunction(this, 'generate-buy-sell-recommendation', {
      entry: 'functions/generate-buy-sell-recommendation.ts',
      environment: { SELL_ABOVE: config.sellAbove },
    });
    const buy = new NodeFunction(this, 'buy-stock', { entry: 'functions/buy-stock.ts' });
    const sell = new NodeFunction(this, 'sell-stock', { entry: 'functions/sell-stock.ts' });
    buy.useMongodb(mongodb);
    sell.useMongodb(mongodb);

    const deadLetterQueue = new Queue(this, 'dead-letters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const orchestrator = new Orchestrator(this, 'orchestrator', {
      symbols: config.symbols,
      quantity: config.quantity,
      historyDays: config.historyDays,
      maxTickAgeMinutes: config.maxTickAgeMinutes,
      timeout: Duration.seconds(60),
      deadLetterQueue,
    });
    orchestrator.useMongodb(mongodb);
    for (const target of [price, recommendation, buy, sell]) orchestrator.mayInvoke(target);

    new TickSchedule(this, 'tick', {
      orchestrator,
      deadLetterQueue,
      expression: config.schedule,
      timeZone: config.timeZone,
    });
  }
}
