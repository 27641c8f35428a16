import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  Stats,
  TextWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { eachOf, ledger, runs, ticks } from './metrics.ts';

export interface TraderDashboardProps {
  orchestrator: IFunction;
  /** All functions, the orchestrator among them. */
  functions: IFunction[];
  deadLetterQueues: IQueue[];
  /** Whether the ledger is compared with a broker. */
  hasBroker: boolean;
}

/** What a person wants to know first: whether runs succeed, what they traded, and where the time goes. */
export class TraderDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(
    scope: Construct,
    id: string,
    { orchestrator, functions, deadLetterQueues, hasBroker }: TraderDashboardProps,
  ) {
    super(scope, id);
    const ofEach = (metric: (fn: IFunction) => IMetric) => functions.map(metric);
    const label = (fn: IFunction) => fn.node.id;
    this.dashboard = new Dashboard(this, 'dashboard', {
      defaultInterval: Duration.hours(8),
      widgets: [
        [
          new TextWidget({
            width: 24,
            height: 2,
            markdown:
              '**Orbits Trader**: a run is one symbol at one tick. Log groups of the functions have a line of JSON ' +
              'for each thing that happens to a run; search them by its id.',
          }),
        ],
        [
          graph('Runs by outcome', [
            runs('RunsStarted'),
            runs('RunsSucceeded'),
            runs('RunsFailed'),
            runs('RunsBlocked'),
            runs('RunsResumed'),
            runs('DuplicatesSuppressed'),
            ticks('TicksClosed'),
          ]),
          graph('Trades bought and sold', [eachOf('Trades', 'type', 'Sum')]),
          graph('Price', [eachOf('Price', 'symbol', 'Average')]),
        ],
        [
          graph('Latency by step, p50 (ms)', [eachOf('StepDuration', 'step', 'p50')]),
          graph('Latency by step, p99 (ms)', [eachOf('StepDuration', 'step', 'p99')]),
          graph('Duration of the orchestrator', [
            orchestrator.metricDuration({ statistic: Stats.p(50), label: 'p50' }),
            orchestrator.metricDuration({ statistic: Stats.MAXIMUM, label: 'longest' }),
          ]),
        ],
        [
          graph(
            'Errors',
            ofEach((fn) => fn.metricErrors({ label: label(fn) })),
          ),
          graph(
            'Concurrent executions',
            ofEach((fn) => fn.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, label: label(fn) })),
          ),
          graph(
            'Dead letters',
            deadLetterQueues.map((queue) =>
              queue.metricApproximateNumberOfMessagesVisible({ label: queue.node.id }),
            ),
          ),
        ],
        ...(hasBroker
          ? [[graph('Ledger and broker', [ledger('LedgerDifferences'), ledger('LedgerCompared')])]]
          : []),
      ],
    });
  }
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0 } });
}
