import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { parseAnswer, type Run } from '../../infra/cli/answer/answer.ts';
import { graphOf, pathOf } from '../../infra/cli/page/graph.ts';
import { NODE_HEIGHT, placed } from '../../infra/cli/page/layout.ts';
import { page } from '../../infra/cli/page/page.ts';
import { readHistories } from '../support/history.ts';
import { startCommand } from '../support/command.ts';
import { answerOf, ORCHESTRATOR, startTestApp, temporaryFolder } from '../support/local-app.ts';

const step = (ref: string, second: number, change: Partial<Run['steps'][number]> = {}) => ({
  ...{ ref, action: ref, argument: { of: ref }, state: 'SUCCESS' as const, attempts: 1, result: 'fine' },
  startedAt: `2026-01-05T14:30:0${second}.000Z`,
  endedAt: `2026-01-05T14:30:0${second}.500Z`,
  ...change,
});
const run = (change: Partial<Run> = {}): Run => ({
  ...{ id: 'a'.repeat(24), key: 'trading/AMZN/k', workflow: 'trading', version: 1, symbol: 'AMZN' },
  ...{ state: 'SUCCESS', error: null, waits: [], blocked: null },
  result: { type: 'buy', qty: '1', symbol: 'AMZN', price: '99.00' },
  steps: ['check-stock-price', 'generate-recommendation', 'buy-stock'].map((ref, n) => step(ref, n)),
  startedAt: '2026-01-05T14:30:00.000Z',
  endedAt: '2026-01-05T14:30:03.000Z',
  ...change,
});

const SCRIPT = `<script>document.title='taken'</script><img src=x onerror="document.title='taken'">`;
const error = { name: 'KaboomError', message: `it broke ${SCRIPT}` };
const runs: Record<string, Run> = {
  bought: run(),
  failed: run({
    state: 'ERROR',
    result: null,
    error,
    steps: [
      step('check-stock-price', 0),
      step('generate-recommendation', 1, { state: 'ERROR', attempts: 5, result: error }),
    ],
  }),
  waiting: run({
    state: 'IN_PROGRESS',
    result: null,
    endedAt: null,
    steps: [step('check-stock-price', 0), step('generate-recommendation', 1)],
    waits: [
      {
        ...{ ref: 'sell-stock', reason: 'step "sell-stock" is tried again', attempts: 3, error },
        due: '2026-01-05T15:30:00.000Z',
      },
    ],
  }),
  rejected: run({
    result: { rejected: `rejected: ${SCRIPT}` },
    steps: [...run().steps.slice(0, 2), step('approval', 2)],
  }),
  limited: run({
    result: { refused: 'a position of 3 AMZN would be above the limit', limit: 'position' },
    steps: [
      ...run().steps.slice(0, 2),
      ...['check-limits', 'approval', 'check-limits-again'].map((ref) => step(ref, 3)),
    ],
  }),
  refusedAtTheTrade: run({
    result: { refused: 'trading is halted', limit: 'halted' },
    steps: ['check-stock-price', 'generate-recommendation', 'check-limits', 'buy-stock'].map((ref, n) =>
      step(ref, n),
    ),
  }),
  hostile: run({
    ...{ key: SCRIPT, symbol: '"><svg onload=alert(1)>', workflow: 'of-my-own', result: SCRIPT },
    steps: [step(SCRIPT, 0, { argument: { [SCRIPT]: SCRIPT }, result: SCRIPT }), step('y'.repeat(300), 1)],
  }),
};

describe('the graph', () => {
  const isPath = (shown: Run) => {
    const { edges } = graphOf(shown);
    const path = pathOf(shown);
    const missing = path.slice(1).filter((to, n) => !edges.some((e) => e.from === path[n] && e.to === to));
    return { nodes: path.length, missing };
  };

  test('contains the path of each recorded history', () => {
    const histories = readHistories();
    expect(histories.length).toBeGreaterThan(1);
    for (const [, { workflow, steps, result }] of histories) {
      const recorded = steps.map((recorded, n) => step(recorded.ref, n));
      expect(isPath(run({ workflow, steps: recorded, result }))).toEqual({ nodes: 3, missing: [] });
    }
  });

  test.each(Object.keys(runs))('contains the path of a run: %s', (name) => {
    expect(isPath(runs[name]!).missing).toEqual([]);
  });

  test('of a workflow without a description has its steps, one after the other', () => {
    const { nodes, edges } = graphOf(run({ workflow: 'of-my-own', steps: [step('a', 0), step('b', 1)] }));
    expect(nodes).toEqual(['a', 'b']);
    expect(edges).toEqual([{ from: 'a', to: 'b' }]);
  });
});

test.each(Object.keys(runs))('each node of a graph has its own place within it: %s', (name) => {
  const { width, height, nodes, edges } = placed(graphOf(runs[name]!));
  for (const { x, y, width: nodeWidth } of nodes) {
    expect(Math.min(x - nodeWidth / 2, y - NODE_HEIGHT / 2)).toBeGreaterThanOrEqual(0);
    expect(x + nodeWidth / 2).toBeLessThanOrEqual(width);
    expect(y + NODE_HEIGHT / 2).toBeLessThanOrEqual(height);
  }
  const overlapping = nodes.flatMap((one, index) =>
    nodes
      .slice(index + 1)
      .filter(
        (other) =>
          Math.abs(one.x - other.x) < (one.width + other.width) / 2 &&
          Math.abs(one.y - other.y) < NODE_HEIGHT,
      )
      .map((other) => `${one.ref} ${other.ref}`),
  );
  expect(overlapping).toEqual([]);
  for (const { points } of edges) expect(points.length).toBeGreaterThan(1);
});

test('a run without steps has a page', () => {
  const text = page(run({ state: 'IN_PROGRESS', result: null, steps: [], endedAt: null }));
  expect(text).toContain('in progress');
  expect(text).not.toMatch(/NaN|Infinity|undefined/);
  expect(page(run({ workflow: 'of-my-own', steps: [] }))).not.toMatch(/NaN|Infinity/);
});

test('what a user typed is text, in any place', () => {
  for (const shown of Object.values(runs)) {
    const text = page(shown);
    expect(text).not.toMatch(/<script|<img|<svg onload/);
    expect(text).toContain('content="default-src &#39;none&#39;;');
  }
  expect(page(runs['hostile']!)).toContain('&lt;script&gt;');
});

describe('npm run trader -- show ID --html FILE', () => {
  let app: Awaited<ReturnType<typeof startTestApp>>;
  let folder: ReturnType<typeof temporaryFolder>;
  beforeAll(async () => {
    folder = temporaryFolder();
    app = await startTestApp({ overrides: { [ORCHESTRATOR]: { APPROVE_ABOVE: '0' } } });
  });
  afterAll(async () => {
    await app.close();
    folder.remove();
  });
  const trader = (...args: string[]) =>
    startCommand('infra/cli/main.ts', [...args, '--function', ORCHESTRATOR], {
      AWS_ENDPOINT_URL: app.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    }).finished;

  test('writes the page of a real run, with the input of each step and the wait', async () => {
    const report = answerOf<{ runs: { id: string }[] }>(await app.invoke(ORCHESTRATOR, {}));
    const { id } = report.runs[0]!;
    const file = join(folder.path, 'run.html');
    expect(await trader('show', id, '--html', file)).toMatchObject({ code: 0, stdout: `wrote ${file}` });
    const written = readFileSync(file, 'utf8');
    for (const text of [id, 'Input to generate-buy-sell-recommendation', 'waits for an answer'])
      expect(written).toContain(text);
    expect(parseAnswer((await trader('show', id, '--json')).stdout).run).toMatchObject({
      workflow: 'trading',
      version: 1,
      steps: [{ action: 'check-stock-price', argument: { symbol: 'AMZN' } }, {}],
      waits: [{ ref: 'approval' }],
    });

    const nowhere = await trader('show', id, '--html', join(folder.path, 'no', 'run.html'));
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('ENOENT. Name a file in a folder that exists.');
  });

  test('is refused with --json', async () => {
    const { code, stderr } = await trader('show', 'a'.repeat(24), '--html', 'x.html', '--json');
    expect(code).toBe(2);
    expect(stderr).toContain('give one of them');
  });
});

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));
if (!CHROMIUM) console.log('There is no Chromium on the PATH: the page is not tested in a browser.');

(CHROMIUM ? describe : describe.skip)('in a browser', () => {
  let browser: Browser;
  let folder: ReturnType<typeof temporaryFolder>;
  beforeAll(async () => {
    folder = temporaryFolder();
    browser = await chromium.launch({
      executablePath: CHROMIUM!,
      // Without a sandbox, for a container's root has none; and without what a browser does by itself.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  test.each(Object.keys(runs))('the page of a run needs nothing else: %s', async (name) => {
    const file = join(folder.path, `${name}.html`);
    writeFileSync(file, page(runs[name]!));
    for (const colorScheme of ['light', 'dark'] as const) {
      const tab = await browser.newPage({ viewport: { width: 360, height: 740 }, colorScheme });
      const complaints: string[] = [];
      tab.on('console', (message) => complaints.push(message.text()));
      tab.on('request', (request) => {
        if (request.url() !== pathToFileURL(file).href) complaints.push(request.url());
      });
      await tab.goto(pathToFileURL(file).href);
      expect(complaints).toEqual([]);
      expect(await tab.title()).not.toBe('taken');
      expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(360);
      const background = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(13, 17, 23)' : 'rgb(246, 247, 249)');
      const { steps, waits } = runs[name]!;
      expect(await tab.locator('.timeline li').count()).toBe(steps.length + waits.length);
      const marked = '.node.done, .node.failed, .node.waiting';
      expect(await tab.locator(marked).count()).toBe(pathOf(runs[name]!).length);
      await tab.close();
    }
  });
});
