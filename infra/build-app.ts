import { Annotations, App, type AppProps } from 'aws-cdk-lib';
import { parseConfig } from './config/config.ts';
import { chooseDeployment } from './config/stages.ts';
import { TraderStack } from './stack/trader-stack.ts';

/**
 * The CDK app, ready to be synthesized. Throws `ConfigError` if its context is not valid.
 *
 * @param props given by every caller but the CDK CLI's. For them the CDK's own check of the template is off, because it
 *   takes five seconds to start: what is deployed goes through the CLI.
 */
export function buildApp(props?: AppProps): App {
  const app = new App({ builtinCloudFormationValidation: props === undefined, ...props });
  const chosen = chooseDeployment(app.node.getAllContext() as Record<string, unknown>);
  const stack = new TraderStack(app, chosen.stackName, parseConfig(chosen.context), {
    description: 'Durable, exactly-once trading workflows on AWS Lambda',
    hasNamedFunctions: chosen.stage !== undefined,
  });
  const passing = chosen.passing.filter((key) => !/[^A-Za-z]/.test(key));
  if (passing.length > 0) {
    const place = chosen.stage === undefined ? '"context"' : `"stages", "${chosen.stage}"`;
    Annotations.of(stack).addWarningV2(
      'orbits-trader:commandLine',
      `Not in cdk.json: ${passing.join(', ')}. A deployment without the same -c removes it again. To keep it, write it into cdk.json below ${place}.`,
    );
  }
  return app;
}
