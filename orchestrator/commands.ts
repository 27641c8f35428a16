import { approvalCommands } from './protocol/approval-commands.ts';
import { runCommands } from './protocol/run-commands.ts';
import { diagnoseCommands } from './trading/diagnose-commands.ts';
import { ledgerCommands } from './trading/ledger-commands.ts';
import { startCommands } from './trading/start-commands.ts';
import { tickCommands } from './trading/tick-commands.ts';
import { watchlistCommands } from './trading/watchlist-commands.ts';

/** Every command that the orchestrator takes, by its name. */
export const commands = {
  ...startCommands,
  ...runCommands,
  ...approvalCommands,
  ...ledgerCommands,
  ...tickCommands,
  ...watchlistCommands,
  ...diagnoseCommands,
};
