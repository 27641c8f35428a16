import { reportAnswer } from '../../orchestrator/protocol/report.ts';
import { outcomeAnswer, pageAnswer, runAnswer } from '../../orchestrator/protocol/run-commands.ts';
import { diagnosisAnswer } from '../../orchestrator/trading/diagnose-commands.ts';
import {
  flattenAnswer,
  haltAnswer,
  positionsAnswer,
  reconciliationAnswer,
  tradesAnswer,
} from '../../orchestrator/trading/ledger-answers.ts';
import { ticksAnswer } from '../../orchestrator/trading/tick-commands.ts';
import { unwatchAnswer, watchlistAnswer } from '../../orchestrator/trading/watchlist-commands.ts';

/** The schemas of the orchestrator's answers. */
export const answers = {
  report: reportAnswer,
  page: pageAnswer,
  run: runAnswer,
  outcome: outcomeAnswer,
  trading: haltAnswer,
  diagnosis: diagnosisAnswer,
  flattened: flattenAnswer,
  reconciliation: reconciliationAnswer,
  positions: positionsAnswer,
  trades: tradesAnswer,
  ticks: ticksAnswer,
  watchlist: watchlistAnswer,
  unwatched: unwatchAnswer,
};
