import { buildApp } from './build-app.ts';
import { ConfigError } from './config/config-error.ts';

try {
  buildApp();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
