import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { ConfigError } from '../../infra/config/config-error.ts';
import { parseConfig } from '../../infra/config/config.ts';
import { networkTargets } from '../../infra/config/network.ts';
import { root } from '../support/local-app.ts';
import { appWith, cdkContext, network, stackOf } from '../support/stack-template.ts';

/** What the warning of a stack in a VPC names, in its order. */
function missing(change: Record<string, unknown>): string[] {
  const found = Annotations.fromStack(stackOf(appWith({ ...network, ...change })))
    .findWarning('*', Match.stringLikeRegexp('No way out of'))
    .map(({ entry }) => entry.data as string);
  expect(found.length).toBeLessThan(2);
  expect(found.join('')).not.toContain('${');
  return networkTargets.filter((target) => found.some((text) => text.includes(` ${target} (`)));
}

const all = { market: 'alpaca', notificationEmail: 'trader@example.com' };

describe('a VPC', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['of which nothing is known', {}, ['lambda', 'secretsmanager', 'mongodb']],
    [
      'with an e-mail',
      { notificationEmail: 'a@example.com' },
      ['lambda', 'secretsmanager', 'sns', 'mongodb'],
    ],
    [
      'with an alarm alone, which CloudWatch sends',
      { alarmEmail: 'a@example.com' },
      ['lambda', 'secretsmanager', 'mongodb'],
    ],
    ['with a broker', { market: 'alpaca' }, ['lambda', 'secretsmanager', 'mongodb', 'broker']],
    ['with IAM authentication', { mongodbIamHost: 'c.ab1cd.mongodb.net' }, ['lambda', 'mongodb']],
    [
      'with IAM authentication and a broker, which has a secret',
      { mongodbIamHost: 'c.ab1cd.mongodb.net', market: 'alpaca' },
      ['lambda', 'secretsmanager', 'mongodb', 'broker'],
    ],
    ['with some endpoints', { ...all, vpcReaches: 'lambda,mongodb' }, ['secretsmanager', 'sns', 'broker']],
    ['with every endpoint', { ...all, vpcReaches: 'lambda,secretsmanager,sns,mongodb,broker' }, []],
    ['with a NAT gateway', { ...all, vpcReaches: 'internet' }, []],
    [
      'that is not there',
      { ...all, vpcId: undefined, subnetIds: undefined, securityGroupIds: undefined },
      [],
    ],
  ])('%s has a warning that names what is missing', (_, change, expected) => {
    expect(missing(change)).toEqual(expected);
  });

  test.each([
    [{ ...network, vpcReaches: 'nat' }, 'vpcReaches is "nat", expected "internet", or some of'],
    [{ ...network, vpcReaches: 'lambda,,sns' }, 'vpcReaches is "lambda,,sns", expected'],
    [{ ...network, vpcReaches: '' }, 'vpcReaches is "", expected'],
    [{ vpcReaches: 'internet' }, 'vpcReaches is set, expected vpcId, subnetIds and securityGroupIds with it'],
  ])('is not described by %j', (change, message) => {
    expect(() => parseConfig({ ...cdkContext, ...change })).toThrow(ConfigError);
    expect(() => parseConfig({ ...cdkContext, ...change })).toThrow(message);
  });
});

test('every service whose client is in the deployed code is one that the warning knows', () => {
  const sources = ['functions', 'orchestrator'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  );
  const clients = sources.flatMap((text) => [...text.matchAll(/'@aws-sdk\/client-([a-z-]+)'/g)]);
  const called = [...new Set(clients.map(([, service]) => service!.replaceAll('-', '')))].sort();
  expect(called).toEqual(['lambda', 'secretsmanager', 'sns']);
  expect(networkTargets).toEqual(expect.arrayContaining(called));
});
