// A fresh process that loads one bundle, as a cold start does. Arguments: bundle, its export, argument as JSON.
import { pathToFileURL } from 'node:url';

const [file, exportName, argument] = process.argv.slice(2);
console.info = console.log = console.error;
const began = performance.timeOrigin + performance.now();
const { [exportName]: entry } = await import(pathToFileURL(file).href);
const loadMs = performance.timeOrigin + performance.now() - began;
const context = { awsRequestId: String(process.pid), getRemainingTimeInMillis: () => 60_000 };
const answer = await entry(JSON.parse(argument), context);
const peakMemoryMb = process.resourceUsage().maxRSS / 1024;
const reachedAt = answer?.reachedAt;
process.stdout.write(`${JSON.stringify({ began, loadMs, reachedAt, peakMemoryMb })}\n`);
process.exit();
