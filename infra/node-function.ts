import { Duration } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import {
  LogLevel,
  NodejsFunction,
  OutputFormat,
  type NodejsFunctionProps,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { fileURLToPath } from 'node:url';

const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/** A Lambda of this project, with the defaults that they share; what the caller passes wins. */
export class NodeFunction extends NodejsFunction {
  /** @param props `entry` is a path from the project's root */
  constructor(scope: Construct, id: string, props: NodejsFunctionProps & { entry: string }) {
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(10),
      ...props,
      entry: `${projectRoot}${props.entry}`,
      projectRoot,
      depsLockFilePath: `${projectRoot}package-lock.json`,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        // Errors are told apart by their class's name, in the store and in replies.
        keepNames: true,
        sourceMap: true,
        sourcesContent: false,
        // The AWS SDK is in the runtime already; bundled, it would double the package.
        externalModules: ['@aws-sdk/*'],
        logLevel: LogLevel.WARNING,
        // The MongoDB driver is CommonJS, and asks for Node's own modules by `require`, which ES modules lack.
        banner:
          "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        ...props.bundling,
      },
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
    });
  }

  /** Permission to read the secret with the MongoDB URI, and the variables that name it and the database. */
  useMongodb({ secret, database }: { secret: ISecret; database: string }): void {
    secret.grantRead(this);
    this.addEnvironment('MONGODB_SECRET_ID', secret.secretName);
    this.addEnvironment('MONGODB_DATABASE', database);
  }
}
