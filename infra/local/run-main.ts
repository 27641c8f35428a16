import { keepSecret, strike } from '../../functions/shared/secrets/known-secrets.ts';
import { fileProblem } from './mongodb/file-problem.ts';

/** By name, because an import of the classes loads what a command may not need. Their messages have one line each. */
const EXIT_CODES: Record<string, number> = {
  ...{ UsageError: 2, ConfigError: 2 },
  ...{ StoreError: 1, InvocationError: 1, DeploymentError: 1 },
};

const SECRETS = ['AWS_SESSION_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'APCA_API_KEY_ID', 'APCA_API_SECRET_KEY'];

/**
 * Runs a command and sets the exit code: 0 done, 1 refused or failed, 2 wrong command line. An error is printed in one
 * line, unless it is a defect, whose stack trace helps to report it.
 */
export function runMain(main: (args: string[]) => Promise<number>): void {
  for (const name of SECRETS) if ((process.env[name]?.length ?? 0) >= 8) keepSecret(process.env[name]!);
  let unwritten = 0;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader may close the pipe, as `head` does; the command goes on.
      if (error.code === 'EPIPE' || unwritten > 0) return;
      unwritten = 1;
      process.exitCode = unwritten;
      if (stream === process.stdout) console.error(`The output: ${fileProblem(error) ?? error.message}.`);
    });
  }
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code || unwritten;
    },
    (error: unknown) => {
      const { name, message, stack, path } = error as NodeJS.ErrnoException;
      const known = EXIT_CODES[name];
      const problem = fileProblem(error);
      if (known !== undefined) console.error(strike(message));
      else if (problem !== undefined) console.error(`${path ?? 'A file'}: ${problem}.`);
      else console.error(strike(stack ?? String(error)));
      process.exitCode = known ?? 1;
    },
  );
}
