import { Schedule } from './schedule.ts';
const [seed, count] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 100)];
Error.stackTraceLimit = process.env['STACK'] ? 20 : 0;
const t0 = Date.now();
let events = 0,
  bad = 0;
const counts = new Map<string, number>();
const only = process.env['ONLY'];
for (let i = 0; i < count; i++) {
  if (only !== undefined && i !== Number(only)) continue;
  const course = await new Schedule(`${seed}/${i}`, { isRecorded: !!process.env['LOG'] }).play();
  events += course.events;
  for (const [k, n] of course.counts) counts.set(k, (counts.get(k) ?? 0) + n);
  if (course.violation) {
    bad++;
    console.log(`${i} ${course.violation.name} ${course.violation.message.slice(0, 300)}`);
    if (course.violation.name !== 'Violation') console.log(course.violation.stack);
  }
  if (process.env['LOG']) console.log(course.lines.join('\n'));
}
const s = (Date.now() - t0) / 1000;
console.log({ bad, events, perSecond: count / s });
console.log(Object.fromEntries([...counts].sort((a, b) => a[1] - b[1])));
