import { App } from 'aws-cdk-lib';
import { ConfigError, parseConfig } from './config.ts';
import { TraderStack } from './trader-stack.ts';

const app = new App();
try {
  new TraderStack(app, 'OrbitsTrader', parseConfig((key) => app.node.tryGetContext(key)));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}
