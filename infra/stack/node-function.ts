import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import {
  LogLevel,
  NodejsFunction,
  OutputFormat,
  type NodejsFunctionProps,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { fileURLToPath } from 'node:url';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface NodeFunctionProps extends NodejsFunctionProps {
  /** A path from the project's root. */
  entry: string;
  logRetention: RetentionDays;
  /** What the function's name has before its id; without it, CloudFormation makes the name. */
  namePrefix?: string | undefined;
}

/** A Lambda of this project, with the defaults that they share; what the caller passes wins. */
export class NodeFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, { logRetention, namePrefix, ...props }: NodeFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}-logs`, {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Its own role, without the managed policy that lets a function write to every log group.
    const role = new Role(scope, `${id}-role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);

    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role,
      logGroup,
      // Then what the runtime itself writes is JSON too, such as an error that was not caught.
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      ...(namePrefix !== undefined && { functionName: `${namePrefix}-${id}` }),
      ...props,
      entry: `${projectRoot}${props.entry}`,
      projectRoot,
      depsLockFilePath: `${projectRoot}package-lock.json`,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        // The name of its class distinguishes an error, in the store and in answers.
        keepNames: true,
        sourceMap: true,
        sourcesContent: false,
        // The AWS SDK is in the runtime already; bundled, it would double the package.
        externalModules: ['@aws-sdk/*'],
        // The MongoDB driver parses URIs with `whatwg-url`, which is what Node's own URL is too. That package carries
        // 290 kB of tables for international domain names, a third of a bundle that has the driver in it.
        esbuildArgs: { '--alias:whatwg-url': 'node:url' },
        // Orbits' logger brings 30 kB that colour its lines in development.
        define: { 'process.env.NODE_ENV': '"production"' },
        logLevel: LogLevel.WARNING,
        // The MongoDB driver is CommonJS, and asks for Node's own modules by `require`, which ES modules lack.
        banner:
          "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        ...props.bundling,
      },
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray knows no resources: PutTraceSegments and PutTelemetryRecords can only be granted on *.',
    });
  }

  allow(actions: string[], resources: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources }));
  }
}
