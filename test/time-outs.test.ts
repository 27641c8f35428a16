import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './support/local-app.ts';

const FOLDERS = ['functions', 'orchestrator', 'infra/cli', 'infra/local'];

/** What makes a connection, and the options without which it may wait for ever. */
const NEEDED: [client: RegExp, options: string[]][] = [
  [/^(?!Mongo)\w+Client$/, ['connectionTimeout', 'requestTimeout', 'throwOnRequestTimeout']],
  [/^MongoClient$/, ['serverSelectionTimeoutMS', 'connectTimeoutMS', 'socketTimeoutMS']],
  [/^(trading|marketData)\.Configuration$/, ['timeoutMs']],
];

/** The classes of the AWS SDK, the driver and the broker's SDK, of which the code makes instances; by file. */
function constructions(): { place: string; client: string; options: string }[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => constructionsIn(`${folder}/${name}`)),
  );
}

function constructionsIn(path: string) {
  const text = readFileSync(join(root, path), 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: { place: string; client: string; options: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node)) {
      const client = node.expression.getText();
      if (isClient(client))
        found.push({ place: path, client, options: resolved(node.arguments ?? [], file) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const isClient = (name: string) => NEEDED.some(([client]) => client.test(name));

/** The text of the arguments, with that of each constant and import of this project that they name, to any depth. */
function resolved(nodes: readonly ts.Node[], file: ts.SourceFile, seen = new Set<string>()): string {
  return nodes
    .map((node) => {
      const names = identifiersIn(node).filter((name) => !seen.has(name));
      for (const name of names) seen.add(name);
      return [node.getText(), ...names.map((name) => definitionOf(name, file, seen))].join(' ');
    })
    .join(' ');
}

function definitionOf(name: string, file: ts.SourceFile, seen: Set<string>): string {
  let found = '';
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer) {
      found += ` ${resolved([node.initializer], file, seen)}`;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !statement.importClause?.getText().includes(name)) continue;
    const from = (statement.moduleSpecifier as ts.StringLiteral).text;
    if (!from.startsWith('.')) continue;
    const path = join(root, file.fileName, '..', from);
    const other = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    found += ` ${definitionOf(name, other, seen)}`;
  }
  return found;
}

function identifiersIn(node: ts.Node): string[] {
  const names: string[] = [];
  const visit = (inner: ts.Node): void => {
    if (ts.isIdentifier(inner)) names.push(inner.text);
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return names;
}

const missing = ({ client, options }: { client: string; options: string }) =>
  NEEDED.find(([pattern]) => pattern.test(client))![1].filter(
    (option) => !new RegExp(`\\b${option}\\b`).test(options),
  );

test('every client has time-outs for its connection and for its requests', () => {
  const found = constructions();
  const clients = [...new Set(found.map(({ client }) => client))].sort();
  // Else it sees nothing.
  expect(clients).toEqual(expect.arrayContaining(['LambdaClient', 'MongoClient', 'trading.Configuration']));
  const waiting = found.map((made) => ({ place: made.place, client: made.client, missing: missing(made) }));
  expect(waiting.filter(({ missing: lacking }) => lacking.length > 0)).toEqual([]);
});

test('the one connection that Orbits makes has them too', () => {
  const text = readFileSync(join(root, 'orchestrator/durable/app.ts'), 'utf8');
  for (const option of ['serverSelectionTimeoutMS', 'connectTimeoutMS', 'socketTimeoutMS']) {
    expect(text).toContain(`${option}: `);
  }
});

test('no request goes past these clients', () => {
  const direct = FOLDERS.slice(0, 2).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .filter((name) =>
        /\bfetch\(|\bhttps?\.(request|get)\(|node:(https?|net|tls)'/.test(
          readFileSync(join(root, folder, name), 'utf8'),
        ),
      ),
  );
  expect(direct).toEqual([]);
});
