import { App, type AppProps } from 'aws-cdk-lib';
import { parseConfig } from './config/config.ts';
import { TraderStack } from './stack/trader-stack.ts';

/** The CDK app, ready to be synthesized. Throws `ConfigError` where its context holds a value that it doesn't take. */
export function buildApp(props?: AppProps): App {
  const app = new App(props);
  new TraderStack(app, 'OrbitsTrader', parseConfig(app.node.getAllContext() as Record<string, unknown>), {
    description: 'Durable, exactly-once trading workflows on AWS Lambda',
  });
  return app;
}
