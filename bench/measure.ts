import type { ContestantModule } from './contestants/contestant.ts';
import { figures } from './figures/index.ts';

// One figure of one contestant, in a process of its own. Arguments: contestant, figure, URI, options as JSON.
const [contestant, figure, uri, options] = process.argv.slice(2) as [
  string,
  keyof typeof figures,
  string,
  string,
];
// What engines print goes to where complaints go; standard output is for the answer.
console.log = console.info = console.error;
const { start } = (await import(`./contestants/${contestant}.ts`)) as ContestantModule;
const engine = await start(uri);
const answer = await figures[figure](engine, JSON.parse(options) as never);
process.stdout.write(`${JSON.stringify(answer)}\n`);
await engine.close();
process.exit();
