import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['infra', 'functions', 'orchestrator'];
const KEPT_ASSEMBLIES = 6;
const FILES = ['cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

/**
 * Synthesizes the CDK app as `cdk synth` does, and answers the folder of the cloud assembly.
 *
 * An assembly is kept until a source changes: making one takes several seconds, and nothing else than these files
 * goes into it.
 *
 * @param root the project's folder
 * @param cacheDir where assemblies are kept; below `root`, since bundles find the AWS SDK in its `node_modules`
 * @param changes keys of the configuration, which win over cdk.json
 */
export async function synthesize(
  root: string,
  cacheDir: string,
  changes: Record<string, string> = {},
): Promise<string> {
  const cdkJson = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
    context: Record<string, unknown>;
  };
  // The local store knows no IAM, so its URI comes from a secret in any case.
  const context: Record<string, unknown> = { ...cdkJson.context, ...changes, mongodbIamHost: undefined };
  const assembly = join(cacheDir, fingerprint(root, changes, await symbolsFileOf(context)));
  if (existsSync(assembly)) {
    const now = new Date();
    utimesSync(assembly, now, now);
    return assembly;
  }

  mkdirSync(cacheDir, { recursive: true });
  removeOldest(cacheDir);
  // Renamed once it is whole, so that a process that was killed here leaves nothing that looks like an assembly.
  const unfinished = join(cacheDir, `unfinished-${process.pid}`);
  const { buildApp } = await import('../build-app.ts');
  const { AssetStaging } = await import('aws-cdk-lib');
  // The CDK remembers which bundles it has staged, also those of an assembly that this process made before this one.
  AssetStaging.clearAssetHashCache();
  buildApp({
    outdir: unfinished,
    context: { ...context, 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true },
  }).synth();
  try {
    renameSync(unfinished, assembly);
  } catch (error) {
    // Another process was faster with the same sources; its assembly is as good.
    if (!existsSync(assembly)) throw error;
    rmSync(unfinished, { recursive: true });
  }
  return assembly;
}

/** Loads the module of stages only if a stage is set, because it loads the CDK, which takes a second. */
async function symbolsFileOf(context: Record<string, unknown>): Promise<unknown> {
  if (context['stage'] === undefined) return context['symbolsFile'];
  const { chooseDeployment } = await import('../config/stages.ts');
  return chooseDeployment(context).context['symbolsFile'];
}

/** A few are kept, since an app that runs from one still starts processes from its bundles. */
function removeOldest(cacheDir: string): void {
  const byAge = readdirSync(cacheDir)
    .map((name) => join(cacheDir, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of byAge.slice(KEPT_ASSEMBLIES - 1)) rmSync(path, { recursive: true });
}

function fingerprint(root: string, changes: Record<string, string>, symbolsFile: unknown): string {
  const hash = createHash('sha256').update(process.version).update(JSON.stringify(changes));
  const paths = SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const listed =
    typeof symbolsFile === 'string' && statSync(symbolsFile, { throwIfNoEntry: false })?.isFile()
      ? [symbolsFile]
      : [];
  for (const path of [...FILES.map((file) => join(root, file)), ...paths.sort(), ...listed]) {
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
