// Loaded into a function's process before its bundle: Date runs ahead by what a file says, read at each look.
import { readFileSync } from 'node:fs';

const realNow = Date.now.bind(Date);
Date.now = () => realNow() + Number(readFileSync(process.env.CLOCK_FILE, 'utf8'));

// A proxy and no subclass, for libraries that know a class by its name.
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
});
